/*
 * Tokens.  The input: r and a token as it is; or s, a header, a line end and claims, which are
 * signed here with the server's own key; in both @kid is that key's id.  A token that is taken has
 * a header of the server, and only its claims.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "auth/access_token.h"
#include "auth/jwt.h"
#include "base/encode.h"
#include "fuzz.h"

enum { ECDSA_BYTES = 32 };

/* Base64url of a text in which @kid is the key's id. */
static void put_part(struct cm_buf *out, const char *text, const char *kid)
{
	struct cm_buf filled = {0};
	const char *at = strstr(text, "@kid");
	char *encoded;

	cm_buf_add(&filled, text, at == NULL ? strlen(text) : (size_t)(at - text));
	if (at != NULL)
		cm_buf_printf(&filled, "%s%s", kid, at + 4);
	encoded = malloc(CM_BASE64URL_SIZE(filled.len));
	fuzz_must(encoded != NULL, "memory");
	cm_encode_base64url(cm_buf_str(&filled), filled.len, encoded);
	cm_buf_puts(out, encoded);
	free(encoded);
	cm_buf_clear(&filled);
}

/* RFC 7518 section 3.4: both numbers, 32 bytes each. */
static void put_signature(struct cm_buf *token, EVP_PKEY *key)
{
	unsigned char der[128], pair[2 * ECDSA_BYTES];
	const unsigned char *cursor = der;
	char text[CM_BASE64URL_SIZE(sizeof pair)];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = sizeof der;
	ECDSA_SIG *sig = NULL;

	fuzz_must(
	    md != NULL && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
	        EVP_DigestSign(md, der, &len, (const unsigned char *)token->data, token->len) ==
	            1 &&
	        (sig = d2i_ECDSA_SIG(NULL, &cursor, (long)len)) != NULL &&
	        BN_bn2binpad(ECDSA_SIG_get0_r(sig), pair, ECDSA_BYTES) == ECDSA_BYTES &&
	        BN_bn2binpad(ECDSA_SIG_get0_s(sig), pair + ECDSA_BYTES, ECDSA_BYTES) == ECDSA_BYTES,
	    "OpenSSL signs");
	cm_encode_base64url(pair, sizeof pair, text);
	cm_buf_puts(token, ".");
	cm_buf_puts(token, text);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(md);
}

static void make_token(const struct cm_key *key, char *text, struct cm_buf *out)
{
	char *claims, *header = fuzz_line(text + 1, &claims);

	if (text[0] != 's') {
		cm_buf_puts(out, text + 1);
		return;
	}
	put_part(out, header, key->kid);
	cm_buf_puts(out, ".");
	put_part(out, claims, key->kid);
	put_signature(out, cm_key_private(key));
}

/* Two readings of one token have the same claims. */
static void check_same(const cm_json *one, const char *token)
{
	struct cm_buf a = {0}, b = {0};
	cm_json *peeked = NULL;

	fuzz_must(cm_jwt_peek(token, &peeked) == CM_OK, "what is taken has its form");
	cm_json_put_value(&a, one);
	cm_json_put_value(&b, peeked);
	fuzz_must(strcmp(cm_buf_str(&a), cm_buf_str(&b)) == 0, "with the same claims");
	cm_buf_clear(&a);
	cm_buf_clear(&b);
	cm_json_free(peeked);
}

static void check_token(struct fuzz_server *server, const char *token, bool is_signed)
{
	struct cm_principal caller = {.request_id = "", .address = "127.0.0.1"};
	cm_json *claims = NULL;

	if (cm_jwt_verify(&server->ctx.keys, token, &claims, NULL) == CM_OK) {
		fuzz_must(is_signed, "only what was signed is taken");
		check_same(claims, token);
	}
	cm_json_free(claims);
	if (cm_jwt_verify_assertion(&server->ctx.keys, token, &claims, NULL) == CM_OK) {
		fuzz_must(is_signed, "only what was signed is taken");
		check_same(claims, token);
	}
	cm_json_free(claims);
	(void)cm_jwt_peek(token, &claims);
	cm_json_free(claims);
	fuzz_must(cm_access_token_check(&server->ctx, token, &caller, NULL) != CM_OK,
	          "no token is good that was not issued");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_server *server = fuzz_server();
	char *text = fuzz_text(data, size);
	struct cm_buf token = {0};

	if (size > 0) {
		make_token(&server->ctx.keys.key[0], text, &token);
		fuzz_must(cm_context_refresh(&server->ctx, NULL) == CM_OK, "the store answers");
		check_token(server, cm_buf_str(&token), text[0] == 's');
		cm_context_rest(&server->ctx);
	}
	cm_buf_clear(&token);
	free(text);
	return 0;
}
