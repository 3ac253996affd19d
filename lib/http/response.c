#include "http/response.h"

#include <string.h>

static const struct {
	int status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {303, "See Other"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

static const char *reason(int status)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Status";
}

void cm_response_init(struct cm_response *res)
{
	*res = (struct cm_response){.status = 200, .cache = "no-store"};
}

void cm_response_clear(struct cm_response *res)
{
	cm_buf_clear(&res->headers);
	cm_buf_clear(&res->body);
}

void cm_response_restart(struct cm_response *res)
{
	cm_response_clear(res);
	cm_response_init(res);
}

void cm_response_header(struct cm_response *res, const char *name, const char *value)
{
	for (const char *c = value; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			res->failed = true;
	}
	cm_buf_puts(&res->headers, name);
	cm_buf_puts(&res->headers, ": ");
	cm_buf_puts(&res->headers, value);
	cm_buf_puts(&res->headers, "\r\n");
}

enum cm_status cm_response_emit(const struct cm_response *res, struct cm_buf *out,
                                struct cm_err *err)
{
	if (res->failed)
		return cm_err_set(err, CM_INTERNAL, "a response header has a control character");
	cm_buf_puts(out, "Status: ");
	cm_buf_integer(out, res->status);
	cm_buf_puts(out, " ");
	cm_buf_puts(out, reason(res->status));
	cm_buf_puts(out, "\r\n");
	if (res->content_type != NULL) {
		cm_buf_puts(out, "Content-Type: ");
		cm_buf_puts(out, res->content_type);
		cm_buf_puts(out, "\r\n");
	}
	/* No Content has no length either (RFC 9110 section 8.6), and nginx would send it on. */
	if (res->status != 204) {
		cm_buf_puts(out, "Content-Length: ");
		cm_buf_integer(out, (int64_t)res->body.len);
		cm_buf_puts(out, "\r\n");
	}
	cm_buf_puts(out, "Cache-Control: ");
	cm_buf_puts(out, res->cache);
	cm_buf_puts(out, "\r\nX-Content-Type-Options: nosniff\r\n");
	cm_buf_append(out, &res->headers);
	cm_buf_puts(out, "\r\n");
	if (!res->without_body)
		cm_buf_append(out, &res->body);
	return cm_buf_status(out, err);
}
