#ifndef CM_BASE_CRYPTO_H
#define CM_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
	CM_SHA256_BYTES = 32,
	CM_SHA256_HEX = 65,  /* bytes of the lower-case hexadecimal form with its NUL */
	CM_SECRET_TEXT = 44, /* bytes of a secret's text with its NUL */
	CM_ID_TEXT = 33      /* bytes of an identifier's text with its NUL */
};

/*
 * Before the first request: let OpenSSL set up what it sets up once.  It would do so when first
 * used, and never again in this process if it found no memory then.  CM_INTERNAL.
 */
enum cm_status cm_crypto_start(struct cm_err *err);

/* Fill out with len random bytes.  CM_INTERNAL when the system gives none; never weaker bytes. */
enum cm_status cm_crypto_random(void *out, size_t len, struct cm_err *err);

/* For tests: take random bytes from here (returns false to fail); NULL restores the system's. */
void cm_crypto_random_source(bool (*source)(void *out, size_t len));

/* A new secret: 256 random bits as base64url without padding. */
enum cm_status cm_crypto_secret(char out[CM_SECRET_TEXT], struct cm_err *err);

/* A new identifier: 128 random bits as lower-case hexadecimal. */
enum cm_status cm_crypto_id(char out[CM_ID_TEXT], struct cm_err *err);

/*
 * The same, but the first 48 bits are a time, as of UUID version 7 (RFC 9562): identifiers that are
 * made one after another are neighbours in an index.  at_ms is in milliseconds since 1970.
 */
enum cm_status cm_crypto_id_at(int64_t at_ms, char out[CM_ID_TEXT], struct cm_err *err);

/* SHA-256 of len bytes (FIPS 180-4). */
enum cm_status cm_crypto_sha256(const void *data, size_t len, unsigned char out[CM_SHA256_BYTES],
                                struct cm_err *err);
enum cm_status cm_crypto_sha256_hex(const void *data, size_t len, char out[CM_SHA256_HEX],
                                    struct cm_err *err);

/* Compare len bytes in a time that does not depend on where they differ. */
bool cm_crypto_equal(const void *a, const void *b, size_t len);

/* Overwrite len bytes in a way that the compiler keeps. */
void cm_crypto_wipe(void *data, size_t len);

#endif
