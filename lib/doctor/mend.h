#ifndef CM_DOCTOR_MEND_H
#define CM_DOCTOR_MEND_H

#include "doctor/finding.h"

/* Web servers that the program runs behind, and the directives that each has against a mistake. */
enum cm_web_server {
	CM_WEB_UNKNOWN = 0,
	CM_WEB_APACHE,
	CM_WEB_LIGHTTPD,
	CM_WEB_NGINX,
	CM_WEB_COUNT
};

enum cm_mend {
	CM_MEND_MOUNT,         /* the program gets the paths */
	CM_MEND_START,         /* the program can be started or reached */
	CM_MEND_ALLOW,         /* everyone may ask */
	CM_MEND_WELL_KNOWN,    /* the well-known documents at the root */
	CM_MEND_AUTHORIZATION, /* the Authorization header passes */
	CM_MEND_BODY,          /* bodies up to the limit pass */
	CM_MEND_CHUNKED,       /* bodies of untold length pass */
	CM_MEND_METHODS,       /* all methods pass */
	CM_MEND_ERRORS,        /* the program's own errors pass */
	CM_MEND_FIELDS,        /* no header fields are added */
	CM_MEND_SLASH,         /* %2F in a path passes */
	CM_MEND_FILES,         /* files of the database are not given out */
	CM_MEND_COUNT
};

/* Which it is, by the Server field of its answers (RFC 9110 section 10.2.4). */
enum cm_web_server cm_web_server_of(const char *field);

/* What it is called. */
const char *cm_web_server_name(enum cm_web_server server);

/* Add the directives of a server to a finding; of each, when it is unknown. */
void cm_mend_put(struct cm_finding *finding, enum cm_mend mend, enum cm_web_server server);

#endif
