#ifndef CM_AUTH_KEY_H
#define CM_AUTH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/status.h"
#include "store/store.h"

enum { CM_KID_MAX = 64 };

/* A signing key in memory; it owns its strings, and the ring that holds it owns it. */
struct cm_key {
	char kid[CM_KID_MAX]; /* RFC 7638 thumbprint */
	char alg[8];          /* RS256 or ES256; the only algorithm that this key is used with */
	char *private_pem;
	char *public_pem;
	char *jwk;                /* the public key as JSON (RFC 7517) */
	struct cm_key_read *read; /* the two PEM texts as OpenSSL has them; NULL: never read */
	int64_t created_at_s;
	int64_t retired_at_s; /* 0: in use */
};

/* All keys of the store, oldest first.  Set it up with {0}. */
struct cm_keyring {
	struct cm_key *key; /* owned */
	size_t count;
};

/* Read the keys; the ring keeps its old ones when that fails. */
enum cm_status cm_keyring_load(struct cm_keyring *ring, struct cm_store *store, struct cm_err *err);
void cm_keyring_clear(struct cm_keyring *ring);

/*
 * A key of a ring of cm_keyring_load() as OpenSSL has it (borrowed from the ring), read from its
 * PEM when it is first asked for.  NULL when that can't be read, and for keys of other rings.
 */
EVP_PKEY *cm_key_public(const struct cm_key *key);
EVP_PKEY *cm_key_private(const struct cm_key *key);

/* Whether two rings hold the same keys in the same state. */
bool cm_keyring_equal(const struct cm_keyring *a, const struct cm_keyring *b);

/* The key with this id (borrowed), retired or not; NULL when there is none. */
const struct cm_key *cm_keyring_find(const struct cm_keyring *ring, const char *kid);

/* The newest key in use for an algorithm (borrowed), NULL when there is none. */
const struct cm_key *cm_keyring_signer(const struct cm_keyring *ring, const char *alg);

/*
 * Make a key for RS256 (RSA, 2048 bits) or ES256 (P-256).  It takes long: before the lock of the
 * store is taken.  *out: release it with cm_key_clear(), which is fine after a failure too.
 */
enum cm_status cm_key_make(const char *alg, struct cm_key *out, struct cm_err *err);
void cm_key_clear(struct cm_key *key);

/* Write such a key to the store and retire the one before it; within cm_store_write(). */
enum cm_status cm_key_create(struct cm_store *store, const struct cm_key *key, struct cm_err *err);

#endif
