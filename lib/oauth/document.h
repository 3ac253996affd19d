#ifndef CM_OAUTH_DOCUMENT_H
#define CM_OAUTH_DOCUMENT_H

#include "http/exchange.h"
#include "store/client.h"

/*
 * Look a client up for the authorization endpoint.  A client_id that is the URL of a document
 * (OAuth Client ID Metadata Document) is fetched if the setting allows it and the copy is older
 * than an hour, with the keys that it names by their URL; the fetches from one address are slowed
 * down.
 * Release *out with cm_client_clear().  CM_NOT_FOUND; CM_INPUT when the document is no good;
 * CM_THROTTLED.
 */
enum cm_status cm_document_client(struct cm_exchange *x, const char *client_id,
                                  struct cm_client *out, struct cm_err *err);

/*
 * Read the document of a client that proves itself by its keys once more if the copy is older than
 * an hour, as they may have changed.  Who is not known is not fetched; what can't be fetched leaves
 * what was read before.  That is slowed down by an address too, but takes it no turn to register.
 * Fails only with the group of the request (cm_context_group_leave()).
 */
enum cm_status cm_document_renew(struct cm_exchange *x, const char *client_id, struct cm_err *err);

/*
 * What a document says of the client whose client_id is its URL; it must be about itself, have a
 * name, and know no secret that others could know.  *out must be empty; release it with
 * cm_client_clear().  CM_INPUT when the document is no good.
 */
enum cm_status cm_document_read(const char *client_id, const struct cm_buf *text,
                                struct cm_client *out, struct cm_err *err);

/* Whether a client_id may be the URL of a document: https, with a path, and nothing that hides. */
bool cm_document_is_url(const char *client_id);

#endif
