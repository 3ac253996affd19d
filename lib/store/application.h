#ifndef CM_STORE_APPLICATION_H
#define CM_STORE_APPLICATION_H

#include "base/crypto.h"
#include "store/entity.h"

/*
 * The application: an OAuth client.  Its fields are those of Casdoor's Application (object/
 * application.go); the ones that Casement acts on are columns, the others are kept as they came.
 */
extern const struct cm_entity cm_application_entity;

/* What the token endpoint needs of a client. */
struct cm_client {
	char client_id[CM_NAME_MAX + 1];
	char organization[CM_NAME_MAX + 1];
	char secret_sha256[CM_SHA256_HEX]; /* "" when the client has no secret */
	char *scope;                       /* registered scopes, separated by spaces; owned */
	char *grant_types;                 /* JSON array of strings; owned */
	double expire_in_hours;            /* 0: as the setting says */
};

/* Look a client up by its client_id.  Release *out with cm_client_clear().  CM_NOT_FOUND. */
enum cm_status cm_client_get(struct cm_store *store, const char *client_id, struct cm_client *out,
                             struct cm_err *err);
void cm_client_clear(struct cm_client *client);

#endif
