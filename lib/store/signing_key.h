#ifndef CM_STORE_SIGNING_KEY_H
#define CM_STORE_SIGNING_KEY_H

#include <stdint.h>

#include "base/status.h"

struct cm_store;

/* A key as the store has it.  The strings belong to whoever made the struct. */
struct cm_signing_key {
	const char *kid;         /* RFC 7638 thumbprint */
	const char *alg;         /* RS256 or ES256 */
	const char *private_pem; /* PKCS #8; never logged, never sent */
	const char *public_pem;  /* SubjectPublicKeyInfo */
	const char *jwk;         /* the public key as JSON (RFC 7517) */
	int64_t created_at_s;
	int64_t retired_at_s; /* 0: in use */
};

/* Called for each key, oldest first; the strings are good only during the call. */
typedef enum cm_status cm_signing_key_each(const struct cm_signing_key *key, void *arg,
                                           struct cm_err *err);

enum cm_status cm_signing_key_list(struct cm_store *store, cm_signing_key_each *each, void *arg,
                                   struct cm_err *err);

/* Write a new key and retire those that were in use, of any algorithm; within cm_store_write(). */
enum cm_status cm_signing_key_replace(struct cm_store *store, const struct cm_signing_key *key,
                                      struct cm_err *err);

#endif
