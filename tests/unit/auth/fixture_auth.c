#include "auth/fixture_auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "base/clock.h"
#include "base/encode.h"
#include "store/setting.h"
#include "store/signing_key.h"

/* In arrays, so that nothing is left to be freed at the end. */
static struct made {
	char kid[CM_KID_MAX], alg[8], private_pem[4096], public_pem[1024], jwk[1024];
} made[FIXTURE_KEYS];

enum cm_status fixture_key_create(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct cm_key key;
	enum cm_status rc = cm_key_make(arg, &key, err);

	if (rc == CM_OK)
		rc = cm_key_create(store, &key, err);
	cm_key_clear(&key);
	return rc;
}

static enum cm_status keep(const struct cm_signing_key *row, void *arg, struct cm_err *err)
{
	struct made *key = arg;

	(void)err;
	snprintf(key->kid, sizeof key->kid, "%s", row->kid);
	snprintf(key->alg, sizeof key->alg, "%s", row->alg);
	snprintf(key->private_pem, sizeof key->private_pem, "%s", row->private_pem);
	snprintf(key->public_pem, sizeof key->public_pem, "%s", row->public_pem);
	snprintf(key->jwk, sizeof key->jwk, "%s", row->jwk);
	return CM_OK;
}

static const struct made *get(enum fixture_key which)
{
	static char rs256[] = "RS256", es256[] = "ES256";

	if (made[which].kid[0] == '\0') {
		struct cm_store *store = NULL;

		CU_ASSERT_EQUAL_FATAL(cm_store_open(":memory:", true, &store, NULL), CM_OK);
		CU_ASSERT_EQUAL_FATAL(cm_store_write(store, fixture_key_create,
		                                     which == FIXTURE_ES256 ? es256 : rs256, NULL),
		                      CM_OK);
		CU_ASSERT_EQUAL_FATAL(cm_signing_key_list(store, keep, &made[which], NULL), CM_OK);
		cm_store_close(store);
	}
	return &made[which];
}

void fixture_key_add(struct cm_store *store, enum fixture_key which)
{
	const struct made *key = get(which);
	struct cm_signing_key row = {.kid = key->kid,
	                             .alg = key->alg,
	                             .private_pem = key->private_pem,
	                             .public_pem = key->public_pem,
	                             .jwk = key->jwk,
	                             .created_at_s = cm_clock_now_s()};

	CU_ASSERT_EQUAL_FATAL(cm_signing_key_replace(store, &row, NULL), CM_OK);
	/* Tests have keys of both algorithms in use. */
	CU_ASSERT_TRUE_FATAL(fixture_sql(store, strcmp(row.alg, "RS256") == 0
	                                            ? "UPDATE signing_key SET retired_at_s = NULL"
	                                              " WHERE alg = 'ES256'"
	                                            : "UPDATE signing_key SET retired_at_s = NULL"
	                                              " WHERE alg = 'RS256'"));
}

void fixture_world_make(struct fixture_world *world)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(FIXTURE_NOW_S);
	*world = (struct fixture_world){.caller = {.client_id = "app",
	                                           .organization = "my-org",
	                                           .request_id = "the-request",
	                                           .address = "192.0.2.1"}};
	cm_context_init(&world->ctx, ":memory:");
	cm_context_take_store(&world->ctx, store);
	fixture_key_add(store, FIXTURE_RS256);
	fixture_key_add(store, FIXTURE_ES256);
	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "app"), CM_OK);
	fixture_set(world, "issuer", FIXTURE_ISSUER);
}

void fixture_world_clear(struct fixture_world *world)
{
	cm_client_clear(&world->client);
	cm_context_clear(&world->ctx);
}

void fixture_set(struct fixture_world *world, const char *name, const char *value)
{
	CU_ASSERT_EQUAL_FATAL(cm_setting_set(world->ctx.store, name, value, NULL), CM_OK);
	fixture_reload(world);
}

/* SQLite tells a connection of the changes of others only, so the context is made to look. */
void fixture_reload(struct fixture_world *world)
{
	cm_context_take_store(&world->ctx, world->ctx.store);
	CU_ASSERT_EQUAL_FATAL(cm_context_refresh(&world->ctx, NULL), CM_OK);
	cm_context_rest(&world->ctx);
	cm_client_clear(&world->client);
	(void)cm_client_get(world->ctx.store, "app", &world->client, NULL);
}

void fixture_issue(struct fixture_world *world, const char *scope, struct cm_buf *out)
{
	struct cm_issued token;

	CU_ASSERT_EQUAL_FATAL(
	    cm_issue_to_client(&world->ctx, &world->client, scope, &world->caller, &token, NULL),
	    CM_OK);
	cm_buf_append(out, &token.jwt);
	cm_issued_clear(&token);
}

cm_json *fixture_part(const char *token, int part)
{
	const char *start = part == 0 ? token : strchr(token, '.') + 1;
	size_t text_len = 0, len = strcspn(start, ".");
	unsigned char *text = malloc(len + 1);
	cm_json *json = NULL;

	if (text != NULL && cm_decode_base64url(start, len, text, &text_len))
		(void)cm_json_parse((const char *)text, text_len, &json, NULL);
	free(text);
	return json;
}

static void put_base64url(struct cm_buf *out, const void *data, size_t len)
{
	char *text = malloc(CM_BASE64URL_SIZE(len));

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	cm_encode_base64url(data, len, text);
	cm_buf_puts(out, text);
	free(text);
}

/* A signature of a private key in PEM; ECDSA in the form of JWS, RFC 7518 section 3.4. */
static size_t sign(const char *pem, const struct cm_buf *input, bool ec, unsigned char *out)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 512;

	CU_ASSERT_EQUAL_FATAL(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey), 1);
	CU_ASSERT_EQUAL_FATAL(
	    EVP_DigestSign(ctx, out, &len, (const unsigned char *)input->data, input->len), 1);
	if (ec) {
		const unsigned char *der = out;
		ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

		BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32);
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32);
		ECDSA_SIG_free(sig);
		len = 64;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	return len;
}

void fixture_forge(struct cm_buf *out, enum fixture_signature how, const char *secret,
                   const char *header, size_t header_len, const char *claims, size_t claims_len)
{
	unsigned char signature[512];
	struct cm_buf input = {0};
	unsigned hmac_len = 0;
	size_t len = 0;

	put_base64url(&input, header, header_len);
	cm_buf_puts(&input, ".");
	put_base64url(&input, claims, claims_len);
	if (how == FIXTURE_SIGN_HS256) {
		HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)input.data,
		     input.len, signature, &hmac_len);
		len = hmac_len;
	} else if (how != FIXTURE_SIGN_NONE) {
		len = sign(secret, &input, how == FIXTURE_SIGN_ES256, signature);
	}
	cm_buf_append(out, &input);
	cm_buf_puts(out, ".");
	put_base64url(out, signature, len);
	cm_buf_clear(&input);
}
