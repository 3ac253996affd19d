#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* How many continuation bytes follow, and the smallest character that needs that many. */
static int utf8_follow(unsigned char lead, uint32_t *point, uint32_t *least)
{
	if ((lead & 0xe0u) == 0xc0u) {
		*point = lead & 0x1fu;
		*least = 0x80;
		return 1;
	}
	if ((lead & 0xf0u) == 0xe0u) {
		*point = lead & 0x0fu;
		*least = 0x800;
		return 2;
	}
	if ((lead & 0xf8u) == 0xf0u) {
		*point = lead & 0x07u;
		*least = 0x10000;
		return 3;
	}
	return -1;
}

/* The length of the character at the beginning of a text, 0 when there is none that is UTF-8. */
static size_t utf8_char(const char *text, size_t len)
{
	unsigned char byte = (unsigned char)*text;
	uint32_t point = 0, least = 0;
	int follow;

	if (byte < 0x80)
		return 1;
	follow = utf8_follow(byte, &point, &least);
	if (follow < 0 || (size_t)follow >= len)
		return 0;
	for (int i = 1; i <= follow; i++) {
		byte = (unsigned char)text[i];
		if ((byte & 0xc0u) != 0x80u)
			return 0;
		point = (point << 6) | (byte & 0x3fu);
	}
	if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return (size_t)follow + 1;
}

bool cm_text_is_utf8(const char *text, size_t len)
{
	size_t i = 0, step;

	for (;;) {
		/* Most is ASCII. */
		while (i < len && (unsigned char)text[i] < 0x80)
			i++;
		if (i == len)
			return true;
		step = utf8_char(text + i, len - i);
		if (step == 0)
			return false;
		i += step;
	}
}

void cm_text_repair(char *text)
{
	size_t len = strlen(text), step;

	for (size_t i = 0; i < len; i += step) {
		step = utf8_char(text + i, len - i);
		if (step == 0) {
			text[i] = '?';
			step = 1;
		}
	}
}

bool cm_text_is_visible(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

size_t cm_text_chars(const char *text)
{
	size_t chars = 0;

	for (; *text != '\0'; text++) {
		if (((unsigned char)*text & 0xc0u) != 0x80u)
			chars++;
	}
	return chars;
}

const char *cm_text_word(const char **cursor, const char *separators, size_t *len)
{
	const char *word = *cursor + strspn(*cursor, separators);

	*len = strcspn(word, separators);
	*cursor = word + *len;
	return *len == 0 ? NULL : word;
}

bool cm_text_has_word(const char *list, const char *word)
{
	const char *found;
	size_t len;

	while ((found = cm_text_word(&list, " ", &len)) != NULL) {
		if (len == strlen(word) && memcmp(found, word, len) == 0)
			return true;
	}
	return false;
}

char *cm_text_dup(const char *text)
{
	return text == NULL ? NULL : strdup(text);
}

char *cm_text_quote(const char *text, char *out)
{
	char *at = out;

	*at++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			at = stpcpy(at, "'\\'");
		*at++ = *text;
	}
	memcpy(at, "'", 2);
	return out;
}
