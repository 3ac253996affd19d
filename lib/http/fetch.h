#ifndef CM_HTTP_FETCH_H
#define CM_HTTP_FETCH_H

#include "base/buf.h"
#include "base/status.h"

/*
 * Fetch a JSON document that a stranger named, by libcurl, without letting the stranger reach what
 * only this machine can: https alone, no redirects, no proxy, and the address that is really
 * connected to must be public.  max: bytes of the longest document.  It takes five seconds at most.
 * The document is appended to out.  CM_INPUT with a sentence that tells nothing of the network.
 */
enum cm_status cm_fetch_json(const char *url, size_t max, struct cm_buf *out, struct cm_err *err);

#endif
