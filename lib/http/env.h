#ifndef CM_HTTP_ENV_H
#define CM_HTTP_ENV_H

#include "base/status.h"

/* The variables of a request (RFC 3875 section 4.1) with each header once. */
struct cm_env {
	const char *const *list; /* NAME=value, NULL-terminated */
	const char **own;        /* what list is made of, NULL when it is borrowed */
};

/*
 * Between the values of headers whose names are not the same, but make the same variable, as
 * X-Forwarded-For and X_Forwarded_For do in lighttpd: no value of one header holds it.
 */
#define CM_ENV_UNLIKE "\n"

/*
 * Join the lines of one header, which nginx before 1.23 passes as several variables of one name:
 * values in order, with ", " between them (RFC 9110 section 5.3).  So no line is overlooked, and
 * two of a header that may occur once are seen to be two.  Other servers join them themselves, and
 * several variables of one name have CM_ENV_UNLIKE between them.  env is borrowed and must outlive
 * out, which is to be cleared.  CM_NOMEM.
 */
enum cm_status cm_env_init(struct cm_env *out, const char *const *env, struct cm_err *err);

void cm_env_clear(struct cm_env *env);

#endif
