#include "base/encode.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void cm_encode_base64url(const void *data, size_t len, char *out)
{
	const unsigned char *in = data;
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < len; i++) {
		bits = (bits << 8) | in[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = url_alphabet[(bits >> (held - 6)) & 63u];
	}
	if (held > 0)
		*out++ = url_alphabet[(bits << (6 - held)) & 63u];
	*out = '\0';
}

void cm_encode_hex(const void *data, size_t len, char *out)
{
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i++) {
		*out++ = "0123456789abcdef"[in[i] >> 4];
		*out++ = "0123456789abcdef"[in[i] & 15u];
	}
	*out = '\0';
}

/* What a character from ' ' on stands for in either alphabet, 64: nothing. */
static const unsigned char values[] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 62, 64, 63, 52, 53, 54, 55, 56, 57, 58, 59,
    60, 61, 64, 64, 64, 64, 64, 64, 64, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 63, 64, 26, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64};

/* foreign: the two characters of the other alphabet. */
static bool decode_64(const char *foreign, const char *text, size_t len, unsigned char *out,
                      size_t *out_len)
{
	uint32_t bits = 0;
	size_t n = 0;
	int held = 0;

	if (memchr(text, foreign[0], len) != NULL || memchr(text, foreign[1], len) != NULL)
		return false;
	for (size_t i = 0; i < len; i++) {
		size_t at = (size_t)(unsigned char)text[i] - ' ';

		if (at >= sizeof values || values[at] > 63)
			return false;
		bits = (bits << 6) | values[at];
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (unsigned char)(bits >> held);
		}
	}
	*out_len = n;
	/* One character left over, or stray bits in the last one: not what an encoder writes. */
	return len % 4 != 1 && (bits & ((1u << held) - 1u)) == 0;
}

bool cm_decode_base64url(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
	return decode_64("+/", text, len, out, out_len);
}

bool cm_decode_base64(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
	size_t padding = 0;

	if (len % 4 != 0)
		return false;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	return decode_64("-_", text, len - padding, out, out_len);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool cm_decode_percent(char *text, bool form)
{
	char *out = text;
	const char *start = text;

	for (; *text != '\0'; text++) {
		int high, low;

		if (*text != '%') {
			*out++ = form && *text == '+' ? ' ' : *text;
			continue;
		}
		high = hex_digit(text[1]);
		low = high < 0 ? -1 : hex_digit(text[2]);
		if (low < 0 || high * 16 + low == 0)
			return false;
		*out++ = (char)(high * 16 + low);
		text += 2;
	}
	*out = '\0';
	return cm_text_is_utf8(start, (size_t)(out - start));
}
