#include "http/access_log.h"

#include <stdio.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

/* What came from the client as it was; the log is UTF-8 whatever that is. */
static void put_raw(struct cm_buf *line, const char *name, const char *value)
{
	char copy[CM_PATH_MAX];

	snprintf(copy, sizeof copy, "%s", value);
	cm_text_repair(copy);
	cm_json_put_member(line, name, copy);
}

static void put_if(struct cm_buf *line, const char *name, const char *value)
{
	if (*value != '\0')
		cm_json_put_member(line, name, value);
}

void cm_access_log(const struct cm_exchange *x, int64_t took_us)
{
	struct cm_buf line;

	if (!cm_log_wants(CM_LOG_INFO))
		return;
	cm_log_begin(&line, CM_LOG_INFO, x->req->request_id);
	put_raw(&line, "http", x->req->method);
	put_raw(&line, "path", x->req->path);
	cm_json_put_name(&line, "status");
	cm_json_put_integer(&line, x->res->status);
	put_if(&line, "client", x->caller.client_id);
	put_if(&line, "user", x->caller.user);
	put_if(&line, "address", x->caller.address);
	put_if(&line, "method", x->rpc_method);
	put_if(&line, "tool", x->rpc_tool);
	cm_json_put_member(&line, "outcome", cm_status_info(x->outcome)->name);
	put_if(&line, "traceparent", x->caller.traceparent);
	cm_json_put_name(&line, "us");
	cm_json_put_integer(&line, took_us);
	cm_log_end(&line);
}
