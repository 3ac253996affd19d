#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 1024

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

/* Make room for more bytes and the NUL after them, where there is too little. */
static bool grow(struct cm_buf *buf, size_t more)
{
	size_t cap = buf->cap == 0 ? FIRST_CAP : buf->cap;
	char *data;

	if (buf->failed || more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4) {
		buf->failed = true;
		return false;
	}
	while (cap < buf->len + more + 1)
		cap *= 2;
	data = realloc(buf->data, cap);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

static inline bool reserve(struct cm_buf *buf, size_t more)
{
	return (!buf->failed && more < buf->cap - buf->len) || grow(buf, more);
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

/* Into the room that is there; once more when that was too small. */
void cm_buf_printf(struct cm_buf *buf, const char *fmt, ...)
{
	va_list ap, again;
	int len = -1;

	va_start(ap, fmt);
	va_copy(again, ap);
	if (reserve(buf, 0))
		len = vsnprintf(buf->data + buf->len, buf->cap - buf->len, fmt, ap);
	if (len < 0)
		buf->failed = true;
	else if ((size_t)len < buf->cap - buf->len)
		buf->len += (size_t)len;
	else if (reserve(buf, (size_t)len))
		buf->len += (size_t)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
	if (buf->data != NULL)
		buf->data[buf->len] = '\0';
	va_end(again);
	va_end(ap);
}

void cm_buf_integer(struct cm_buf *buf, int64_t value)
{
	char digits[24], *first = digits + sizeof digits;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do
		*--first = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		*--first = '-';
	cm_buf_add(buf, first, (size_t)(digits + sizeof digits - first));
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
