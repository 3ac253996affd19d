#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 256

void cm_buf_clear(struct cm_buf *buf)
{
	free(buf->data);
	*buf = (struct cm_buf){0};
}

void cm_buf_reset(struct cm_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

/* Make room for more bytes and the NUL after them. */
static bool reserve(struct cm_buf *buf, size_t more)
{
	size_t cap = buf->cap == 0 ? FIRST_CAP : buf->cap;
	char *data;

	if (buf->failed || more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4) {
		buf->failed = true;
		return false;
	}
	while (cap < buf->len + more + 1)
		cap *= 2;
	if (cap == buf->cap)
		return true;
	data = realloc(buf->data, cap);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

void cm_buf_add(struct cm_buf *buf, const void *data, size_t len)
{
	if (!reserve(buf, len))
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

char *cm_buf_room(struct cm_buf *buf, size_t len)
{
	return reserve(buf, len) ? buf->data + buf->len : NULL;
}

void cm_buf_took(struct cm_buf *buf, size_t len)
{
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void cm_buf_puts(struct cm_buf *buf, const char *text)
{
	cm_buf_add(buf, text, strlen(text));
}

void cm_buf_printf(struct cm_buf *buf, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len < 0)
		buf->failed = true;
	else if (reserve(buf, (size_t)len))
		buf->len += (size_t)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
}

void cm_buf_append(struct cm_buf *buf, const struct cm_buf *other)
{
	if (other->failed)
		buf->failed = true;
	cm_buf_add(buf, other->data, other->len);
}

const char *cm_buf_str(const struct cm_buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

enum cm_status cm_buf_status(const struct cm_buf *buf, struct cm_err *err)
{
	return buf->failed ? cm_err_set(err, CM_NOMEM, "out of memory") : CM_OK;
}
