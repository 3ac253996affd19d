#ifndef CM_TESTS_AUTH_FIXTURE_AUTH_H
#define CM_TESTS_AUTH_FIXTURE_AUTH_H

#include "auth/access_token.h"
#include "auth/issue.h"
#include "auth/context.h"
#include "auth/key.h"
#include "base/buf.h"
#include "base/json.h"
#include "store/application.h"
#include "store/fixture_store.h"

/* Keys that are made once a process: making one takes longer than all tests that need it. */
enum fixture_key { FIXTURE_RS256, FIXTURE_ES256, FIXTURE_RS256_OTHER, FIXTURE_KEYS };

/* Write a key to a store, as if it had been made there now. */
void fixture_key_add(struct cm_store *store, enum fixture_key which);

/* Make one for the algorithm that arg names; a cm_store_work. */
enum cm_status fixture_key_create(struct cm_store *store, void *arg, struct cm_err *err);

#define FIXTURE_ISSUER "https://example.org"
#define FIXTURE_MCP    FIXTURE_ISSUER "/api/mcp"
enum { FIXTURE_NOW_S = 1000000 };

/*
 * A context at a fixed second: a store in memory with one RS256 and one ES256 key and the
 * application my-org/app, whose client_id is app and which may read and write applications.
 */
struct fixture_world {
	struct cm_context ctx;
	struct cm_client client;
	struct cm_principal caller; /* who asks for tokens */
};

void fixture_world_make(struct fixture_world *world);
void fixture_world_clear(struct fixture_world *world);

/* Change a setting, and let the context and the client see what the store has now. */
void fixture_set(struct fixture_world *world, const char *name, const char *value);
void fixture_reload(struct fixture_world *world);

/* A token for these scopes, appended to out. */
void fixture_issue(struct fixture_world *world, const char *scope, struct cm_buf *out);

/* The header (part 0) or the claims (part 1) of a token; the caller frees it.  NULL: no JSON. */
cm_json *fixture_part(const char *token, int part);

/* How a forger signs. */
enum fixture_signature {
	FIXTURE_SIGN_NONE,
	FIXTURE_SIGN_RS256,
	FIXTURE_SIGN_ES256,
	FIXTURE_SIGN_HS256
};

/*
 * Make a token of any header and any claims, signed by OpenSSL without libjwt: with a private key
 * in PEM, or for HS256 with any secret.
 */
void fixture_forge(struct cm_buf *out, enum fixture_signature how, const char *secret,
                   const char *header, size_t header_len, const char *claims, size_t claims_len);

#endif
