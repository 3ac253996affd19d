#ifndef CM_BASE_STATUS_H
#define CM_BASE_STATUS_H

#include <stdbool.h>

#ifdef __GNUC__
#define CM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define CM_PRINTF(fmt, args)
#endif

/*
 * What every function of Casement can answer.  The table in status.c gives each its HTTP status,
 * its JSON-RPC error code, its OAuth error and the exit status of the command line.
 */
enum cm_status {
	CM_OK = 0,
	CM_INTERNAL,       /* a defect or an exhausted resource; the text is for the log only */
	CM_NOMEM,          /* out of memory; the text is for the log only */
	CM_STORE,          /* the store can't answer: full, lost, damaged; text for the log only */
	CM_BUSY,           /* the store stayed locked by another; text for the log only */
	CM_OUTDATED,       /* the store is of a later version than this program; log only */
	CM_PARSE,          /* not JSON (JSON-RPC 2.0 section 5.1) */
	CM_REQUEST,        /* not a request of this protocol, or malformed HTTP */
	CM_METHOD,         /* JSON-RPC method unknown */
	CM_PARAMS,         /* JSON-RPC params of the wrong shape */
	CM_INPUT,          /* a value is not acceptable; the text names it and says why */
	CM_NOT_FOUND,      /* no such thing, or none that the caller may see */
	CM_CONFLICT,       /* exists already, or is in use */
	CM_FORBIDDEN,      /* beyond what the caller holds */
	CM_UNAUTHORIZED,   /* no token, or not a good one (RFC 6750 section 3.1) */
	CM_SCOPE,          /* the token lacks a scope (RFC 6750 section 3.1) */
	CM_TOO_LARGE,      /* the body is over the limit */
	CM_MEDIA_TYPE,     /* the body is of a type that is not taken here */
	CM_HTTP_METHOD,    /* HTTP method not allowed here */
	CM_INVALID_CLIENT, /* RFC 6749 section 5.2 */
	CM_UNAUTHORIZED_CLIENT, /* RFC 6749 section 5.2 */
	CM_UNSUPPORTED_GRANT,   /* RFC 6749 section 5.2, unsupported_grant_type */
	CM_INVALID_SCOPE,       /* RFC 6749 section 5.2 */
	CM_INVALID_TARGET,      /* RFC 8707 section 2 */
	CM_META,                /* a request's _meta lacks what the revision wants (MCP basic) */
	CM_HEADER_MISMATCH,     /* headers and body differ (MCP basic/transports) */
	CM_BAD_VERSION,    /* a revision of MCP that is not spoken here (MCP basic/versioning) */
	CM_NO_RESOURCE,    /* no resource of that URI (MCP server/resources) */
	CM_NOT_ACCEPTABLE, /* the client does not take what could be answered */
	CM_USAGE,          /* the command line can't be understood */
	CM_THROTTLED,      /* too many failures or requests; try again later (RFC 6585 section 4) */
	CM_INVALID_GRANT,  /* RFC 6749 section 5.2 */
	CM_ACCESS_DENIED,  /* the person said no, RFC 6749 section 4.1.2.1 */
	CM_UNSUPPORTED_RESPONSE,      /* RFC 6749 section 4.1.2.1, unsupported_response_type */
	CM_REQUEST_NOT_SUPPORTED,     /* OpenID Connect Core section 3.1.2.6 */
	CM_REQUEST_URI_NOT_SUPPORTED, /* the same */
	CM_LOGIN_REQUIRED,            /* the same */
	CM_CONSENT_REQUIRED,          /* the same */
	CM_AUTHORIZATION_PENDING,     /* RFC 8628 section 3.5 */
	CM_SLOW_DOWN,                 /* the same */
	CM_EXPIRED_TOKEN,             /* the same */
	CM_INVALID_REDIRECT_URI,      /* RFC 7591 section 3.2.2 */
	CM_INVALID_METADATA,          /* the same, invalid_client_metadata */
	CM_UNWELL,                    /* `casement doctor` found something wrong */
	CM_DRY_RUN, /* all went well, and was undone because only that was asked for */
	CM_STATUS_COUNT
};

struct cm_status_info {
	const char *name;    /* for the log and the audit trail */
	int http;            /* HTTP status code */
	int jsonrpc;         /* JSON-RPC 2.0 error code */
	const char *oauth;   /* OAuth error code */
	int exit;            /* exit status of the command line */
	const char *generic; /* what a caller is told instead of the text; NULL: tell the text */
};

/* The row of a status; never NULL. */
const struct cm_status_info *cm_status_info(enum cm_status status);

/*
 * Why something failed.  Set it up with `struct cm_err err = {0}`.  The text holds no secret; it is
 * shown to callers only where the status' row has no generic text.
 */
struct cm_err {
	enum cm_status status;
	char text[512];
};

/*
 * Record a failure.  The first writer wins: an error that is already set stays as it is.
 * err may be NULL.  Returns status, so that callers can `return cm_err_set(...)`.
 */
enum cm_status cm_err_set(struct cm_err *err, enum cm_status status, const char *fmt, ...)
    CM_PRINTF(3, 4);

/* Forget a recorded failure, for callers that go on after it. */
void cm_err_clear(struct cm_err *err);

/* The sentence a caller may read: the generic text of the status, else the recorded text. */
const char *cm_err_public(const struct cm_err *err);

#endif
