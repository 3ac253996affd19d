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

bool cm_text_is_utf8(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		unsigned char byte = (unsigned char)text[i++];
		uint32_t point = 0, least = 0;
		int follow;

		if (byte < 0x80)
			continue;
		follow = utf8_follow(byte, &point, &least);
		if (follow < 0 || (size_t)follow > len - i)
			return false;
		for (; follow > 0; follow--) {
			byte = (unsigned char)text[i++];
			if ((byte & 0xc0u) != 0x80u)
				return false;
			point = (point << 6) | (byte & 0x3fu);
		}
		if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
			return false;
	}
	return true;
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
