#include "auth/jwt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jwt.h>

#include "auth/libjwt_key.h"
#include "auth/libjwt_memory.h"
#include "auth/libjwt_type.h"
#include "base/encode.h"

#define ACCESS_TYPE "at+jwt"

/*
 * Between the two, libjwt writes and takes this type (NULL: its own, JWT), and has the key read
 * already.  What it made before is gone.
 */
static void begin(const char *type, EVP_PKEY *key)
{
	cm_libjwt_type(type);
	cm_libjwt_key(key);
	cm_libjwt_memory();
	errno = 0;
}

static void end(void)
{
	cm_libjwt_type(NULL);
	cm_libjwt_key(NULL);
}

enum cm_status cm_jwt_sign(const struct cm_key *key, enum cm_jwt_use use, const char *claims,
                           struct cm_buf *out, struct cm_err *err)
{
	enum cm_status rc = CM_INTERNAL;
	char *text = NULL;
	jwt_t *jwt = NULL;

	begin(use == CM_JWT_ACCESS ? ACCESS_TYPE : NULL, cm_key_private(key));
	if (cm_libjwt_spare() && jwt_new(&jwt) == 0 && jwt_add_grants_json(jwt, claims) == 0 &&
	    jwt_add_header(jwt, "kid", key->kid) == 0 &&
	    jwt_set_alg(jwt, jwt_str_alg(key->alg), (const unsigned char *)key->private_pem,
	                (int)strlen(key->private_pem)) == 0)
		text = jwt_encode_str(jwt);
	end();
	if (!cm_libjwt_spared() || text == NULL) {
		cm_err_set(err, rc, "libjwt could not sign with key %s", key->kid);
		goto out;
	}
	cm_buf_puts(out, text);
	rc = cm_buf_status(out, err);
out:
	free(text);
	jwt_free(jwt);
	return rc;
}

static enum cm_status refuse(struct cm_err *err, const char *why)
{
	cm_err_set(err, CM_UNAUTHORIZED, "%s", why);
	return CM_UNAUTHORIZED;
}

/* Decode and parse one part of the token, which must hold a JSON object. */
static enum cm_status parse_part(const char *part, size_t len, cm_json **out, struct cm_err *err)
{
	unsigned char *text = malloc(len + 1);
	enum cm_status rc = CM_UNAUTHORIZED;
	size_t text_len = 0;

	*out = NULL;
	if (text == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	if (cm_decode_base64url(part, len, text, &text_len))
		rc = cm_json_parse((const char *)text, text_len, out, NULL);
	free(text);
	if (rc == CM_NOMEM)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	if (rc != CM_OK || cm_json_type(*out) != CM_JSON_OBJECT) {
		cm_json_free(*out);
		*out = NULL;
		return refuse(err, "The token is malformed.");
	}
	return CM_OK;
}

/* RFC 9068 section 4, RFC 8725 sections 3.1 and 3.11. */
static enum cm_status check_header(const cm_json *header, const struct cm_keyring *ring,
                                   const struct cm_key **key, struct cm_err *err)
{
	const char *typ = cm_json_string(cm_json_get(header, "typ"));
	const char *alg = cm_json_string(cm_json_get(header, "alg"));
	const char *kid = cm_json_string(cm_json_get(header, "kid"));
	const cm_json *crit;

	if (typ == NULL || strcasecmp(typ, ACCESS_TYPE) != 0)
		return refuse(err, "The token is no access token.");
	if (cm_json_find(header, "crit", &crit))
		return refuse(err, "The token has a critical header that is not understood.");
	*key = kid == NULL ? NULL : cm_keyring_find(ring, kid);
	if (*key == NULL)
		return refuse(err, "The token was not signed by this server.");
	if (alg == NULL || strcmp(alg, (*key)->alg) != 0)
		return refuse(err, "The token's algorithm is not that of its key.");
	return CM_OK;
}

/* libjwt takes padding and stray bits, by which one token could be written in many ways. */
static bool is_canonical(const char *signature)
{
	unsigned char bytes[CM_JWT_MAX];
	size_t len;

	return cm_decode_base64url(signature, strlen(signature), bytes, &len);
}

static enum cm_status check_signature(const struct cm_key *key, const char *type, const char *token,
                                      struct cm_err *err)
{
	enum cm_status rc = CM_OK;
	jwt_t *jwt = NULL;
	int code;

	begin(type, cm_key_public(key));
	code = jwt_decode(&jwt, token, (const unsigned char *)key->public_pem,
	                  (int)strlen(key->public_pem));
	end();
	/* Where libjwt found no memory to look, it calls the token wrong too. */
	if (code != 0 || jwt_get_alg(jwt) != jwt_str_alg(key->alg))
		rc = errno == ENOMEM ? cm_err_set(err, CM_NOMEM, "out of memory")
		                     : refuse(err, "The token's signature is wrong.");
	jwt_free(jwt);
	return rc;
}

/* The parts of a token that has its form. */
struct parts {
	cm_json *header;     /* owned */
	const char *payload; /* borrowed */
	size_t payload_len;
};

static enum cm_status take_apart(const char *token, struct parts *out, struct cm_err *err)
{
	const char *payload = strchr(token, '.');
	const char *signature = payload == NULL ? NULL : strchr(payload + 1, '.');

	*out = (struct parts){0};
	/* libjwt 1.10 writes a byte beyond its buffer when a part is empty. */
	if (strlen(token) > CM_JWT_MAX || signature == NULL || signature == payload + 1 ||
	    signature[1] == '\0' || !is_canonical(signature + 1))
		return refuse(err, "The token is malformed.");
	out->payload = payload + 1;
	out->payload_len = (size_t)(signature - payload - 1);
	return parse_part(token, (size_t)(payload - token), &out->header, err);
}

enum cm_status cm_jwt_verify(const struct cm_keyring *ring, const char *token, cm_json **claims,
                             struct cm_err *err)
{
	const struct cm_key *key = NULL;
	struct parts parts;
	enum cm_status rc;

	*claims = NULL;
	if ((rc = take_apart(token, &parts, err)) == CM_OK &&
	    (rc = check_header(parts.header, ring, &key, err)) == CM_OK &&
	    (rc = check_signature(key, ACCESS_TYPE, token, err)) == CM_OK)
		rc = parse_part(parts.payload, parts.payload_len, claims, err);
	cm_json_free(parts.header);
	return rc;
}

/*
 * What an assertion may be: a JWT of no type of its own, or of that which clients are to give it
 * (RFC 7523 as its updates in draft-ietf-oauth-rfc7523bis have it).  The prefix may be left out
 * (RFC 7515 section 4.1.9).
 */
static bool is_assertion_type(const char *type)
{
	static const char *const types[] = {"JWT", "client-authentication+jwt",
	                                    "application/client-authentication+jwt"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcasecmp(type, types[i]) == 0)
			return true;
	}
	return false;
}

/* Whether some key of the ring that fits the header made the signature. */
static enum cm_status check_assertion(const cm_json *header, const struct cm_keyring *ring,
                                      const char *token, struct cm_err *err)
{
	const cm_json *typ = cm_json_get(header, "typ");
	const char *alg = cm_json_string(cm_json_get(header, "alg"));
	const char *kid = cm_json_string(cm_json_get(header, "kid"));
	const char *type = typ == NULL ? "JWT" : cm_json_string(typ);
	const cm_json *crit;

	if (type == NULL || !is_assertion_type(type) || alg == NULL ||
	    cm_json_find(header, "crit", &crit))
		return refuse(err, "The token's header is not acceptable.");
	for (size_t i = 0; i < ring->count; i++) {
		const struct cm_key *key = &ring->key[i];
		enum cm_status rc;

		if (strcmp(key->alg, alg) != 0 || (kid != NULL && strcmp(key->kid, kid) != 0))
			continue;
		rc = check_signature(key, type, token, NULL);
		if (rc != CM_UNAUTHORIZED)
			return rc == CM_OK ? rc : cm_err_set(err, rc, "out of memory");
	}
	return refuse(err, "The token's signature is wrong.");
}

enum cm_status cm_jwt_verify_assertion(const struct cm_keyring *ring, const char *token,
                                       cm_json **claims, struct cm_err *err)
{
	struct parts parts;
	enum cm_status rc;

	*claims = NULL;
	if ((rc = take_apart(token, &parts, err)) == CM_OK &&
	    (rc = check_assertion(parts.header, ring, token, err)) == CM_OK)
		rc = parse_part(parts.payload, parts.payload_len, claims, err);
	cm_json_free(parts.header);
	return rc;
}

enum cm_status cm_jwt_peek(const char *token, cm_json **claims)
{
	struct parts parts;
	enum cm_status rc;

	*claims = NULL;
	if ((rc = take_apart(token, &parts, NULL)) == CM_OK)
		rc = parse_part(parts.payload, parts.payload_len, claims, NULL);
	cm_json_free(parts.header);
	return rc;
}
