#ifndef CM_HTTP_PARAMS_H
#define CM_HTTP_PARAMS_H

#include <stddef.h>

#include "base/status.h"
#include "http/request.h"

enum { CM_PARAMS_MAX = 64, CM_PARAMS_JSON_MAX = 32768 /* bytes */ };

/* Names and values of an OAuth request body.  Set it up with {0}. */
struct cm_params {
	struct {
		char *name;
		char *value;
	} item[CM_PARAMS_MAX]; /* owned */
	size_t count;
};

/*
 * Read the body: application/x-www-form-urlencoded (RFC 6749 appendix B) or a JSON object of
 * strings.  A name that occurs twice is refused (RFC 6749 section 3.2), `resource` excepted (RFC
 * 8707 section 2; in JSON an array).  Parameters without a value count as absent.  CM_REQUEST,
 * CM_NOMEM; CM_TOO_LARGE for JSON over CM_PARAMS_JSON_MAX, whose objects could take hundreds of
 * times the memory: anybody may send some.
 */
enum cm_status cm_params_read(struct cm_params *params, const struct cm_request *req,
                              struct cm_err *err);

/* The same from the query of the URL.  CM_REQUEST, CM_NOMEM. */
enum cm_status cm_params_read_query(struct cm_params *params, const struct cm_request *req,
                                    struct cm_err *err);
void cm_params_clear(struct cm_params *params);

/* The value of a name (borrowed), NULL when it is absent. */
const char *cm_params_get(const struct cm_params *params, const char *name);

#endif
