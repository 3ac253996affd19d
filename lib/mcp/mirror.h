#ifndef CM_MCP_MIRROR_H
#define CM_MCP_MIRROR_H

#include "mcp/message.h"

/*
 * For revisions whose requests stand alone (MCP 2026-07-28, basic and basic/transports):
 * params._meta names the revision and the client's capabilities, and headers repeat parts of the
 * body, so that what stands between client and server decides on what the server decides on.
 *
 * mirrored: the parameter that Mcp-Name repeats; NULL for none.
 * CM_HEADER_MISMATCH when a header is missing or differs, CM_META when _meta lacks a member.
 */
enum cm_status cm_mirror_check(const struct cm_message *m, const char *method, const char *mirrored,
                               struct cm_err *err);

#endif
