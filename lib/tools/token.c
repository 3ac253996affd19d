#include "tools/token.h"

#include "store/token.h"

/* Revoking takes something away and hands nothing out. */
static enum cm_status held(struct cm_store *store, const struct cm_record *record,
                           cm_scope_set *out, struct cm_err *err)
{
	(void)store;
	(void)record;
	(void)err;
	*out = 0;
	return CM_OK;
}

static const struct cm_crud token_crud = {
    .entity = &cm_token_entity,
    .held = held,
};

const struct cm_tool cm_token_tools[CM_TOKEN_TOOLS] = {
    {
        .name = "get_tokens",
        .title = "List tokens",
        .description =
            "Lists the access tokens that reach an organisation: to whom they were issued, for "
            "what, and until when; never the tokens themselves. Returns an array; when there are "
            "more than fit on a page, the result has a cursor for the next one. updatedSince is "
            "about when they were issued. Example arguments: {\"owner\": \"my-org\"}",
        .scope = CM_SCOPE_READ_TOKEN,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_LIST(token_crud),
    },
    {
        .name = "get_token",
        .title = "Get a token",
        .description = "Returns what is known of one access token, never the token itself. Example "
                       "arguments: {\"id\": \"my-org/5f0c7e0f6a1d4c1fb7c2a90f0f3f4c11\"}",
        .scope = CM_SCOPE_READ_TOKEN,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_GET(token_crud),
    },
    {
        .name = "delete_token",
        .title = "Revoke a token",
        .description = "Revokes an access token; it stops working at the next request. Example "
                       "arguments: {\"id\": \"my-org/5f0c7e0f6a1d4c1fb7c2a90f0f3f4c11\"}",
        .scope = CM_SCOPE_WRITE_TOKEN,
        .destructive = true,
        .idempotent = true,
        CM_CRUD_DELETE(token_crud),
    },
};
