#ifndef CM_BASE_ENCODE_H
#define CM_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that the encoded text of n bytes takes, its NUL included. */
#define CM_BASE64URL_SIZE(n) (((n)*4 + 2) / 3 + 1)
#define CM_HEX_SIZE(n)       ((n)*2 + 1)

/* Base64url without padding (RFC 4648 section 5, RFC 7515 section 2); out is NUL-terminated. */
void cm_encode_base64url(const void *data, size_t len, char *out);

/* Lower-case hexadecimal; out is NUL-terminated. */
void cm_encode_hex(const void *data, size_t len, char *out);

/*
 * Decode len characters into out, which has room for len bytes; *out_len gets the count.
 * base64url takes no padding, base64 (RFC 4648 section 4) wants it.  False when the text is not
 * canonical: a wrong character, a wrong length, bits that should be zero.
 */
bool cm_decode_base64url(const char *text, size_t len, unsigned char *out, size_t *out_len);
bool cm_decode_base64(const char *text, size_t len, unsigned char *out, size_t *out_len);

/*
 * Decode percent escapes in place (RFC 3986 section 2.1); with form, '+' is a space
 * (application/x-www-form-urlencoded).  False on a bad escape, on %00, and when the result is
 * not UTF-8.
 */
bool cm_decode_percent(char *text, bool form);

#endif
