#ifndef CM_AUTH_PRINCIPAL_H
#define CM_AUTH_PRINCIPAL_H

#include <stdbool.h>

#include "auth/scope.h"
#include "store/audit.h"
#include "store/entity.h"
#include "store/token.h"

enum { CM_TRACEPARENT = 56 }; /* bytes of a traceparent of version 00 with its NUL */

/* Who is calling, and from where. */
struct cm_principal {
	char client_id[CM_CLIENT_ID_MAX + 1];
	char organization[CM_NAME_MAX + 1];
	char user[CM_USER_TEXT];          /* the person in whose name: owner/name, "" for none */
	int64_t user_id;                  /* of that person's row; 0: none */
	const char *token;                /* it was let in by; borrowed, NULL: by none */
	cm_scope_set scopes;              /* of the token, as far as they are still good */
	cm_scope_set identity;            /* the same of scopes about the person */
	const char *request_id;           /* borrowed */
	const char *address;              /* of the client; borrowed, "" for the command line */
	char traceparent[CM_TRACEPARENT]; /* W3C Trace Context section 3.2; "" when there is none */
};

/* Whether the caller's organisation may reach all others. */
bool cm_principal_is_built_in(const struct cm_principal *principal);

/* An audit row of what this caller did. */
struct cm_audit cm_principal_audit(const struct cm_principal *principal, const char *tool,
                                   const char *target, enum cm_status outcome);

#endif
