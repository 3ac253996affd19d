#ifndef CM_BASE_BUF_H
#define CM_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * A growing run of bytes, always NUL-terminated once something was added.  Set it up with
 * `struct cm_buf buf = {0}`, release it with cm_buf_clear().  A failure to grow is remembered:
 * add as much as you like, then ask cm_buf_status() once.
 */
struct cm_buf {
	char *data; /* owned; NULL while empty */
	size_t len; /* bytes, the terminating NUL not counted */
	size_t cap;
	bool failed;
};

/* Release the memory and make the buffer empty. */
void cm_buf_clear(struct cm_buf *buf);

/* Forget the contents and keep the memory. */
void cm_buf_reset(struct cm_buf *buf);

/* Append len bytes of data (copied), a NUL-terminated string, a number's digits, or what is
 * formatted. */
void cm_buf_add(struct cm_buf *buf, const void *data, size_t len);
void cm_buf_puts(struct cm_buf *buf, const char *text);
void cm_buf_integer(struct cm_buf *buf, int64_t value);
void cm_buf_printf(struct cm_buf *buf, const char *fmt, ...) CM_PRINTF(2, 3);

/*
 * Room for len more bytes and a NUL, to be written in place and taken in by cm_buf_took(),
 * which puts the NUL.  NULL when there is no memory, which the buffer remembers.
 */
char *cm_buf_room(struct cm_buf *buf, size_t len);
void cm_buf_took(struct cm_buf *buf, size_t len);

/* Append another buffer; its failure becomes this one's. */
void cm_buf_append(struct cm_buf *buf, const struct cm_buf *other);

/* The contents as a string; "" while empty.  Borrowed until the next change. */
const char *cm_buf_str(const struct cm_buf *buf);

/* CM_OK, or CM_NOMEM when something could not be added. */
enum cm_status cm_buf_status(const struct cm_buf *buf, struct cm_err *err);

#endif
