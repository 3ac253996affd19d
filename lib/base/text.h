#ifndef CM_BASE_TEXT_H
#define CM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether len bytes are UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF). */
bool cm_text_is_utf8(const char *text, size_t len);

/* Replace what is not UTF-8, such as a character that was cut in two, by question marks. */
void cm_text_repair(char *text);

/* Whether a string holds only visible ASCII and spaces (RFC 6749 appendix A, VSCHAR). */
bool cm_text_is_visible(const char *text);

/* The number of Unicode characters in a valid UTF-8 string. */
size_t cm_text_chars(const char *text);

/*
 * Take the next word of a list separated by single characters of `separators`.  *cursor moves on;
 * *len gets the word's length.  Returns the word (borrowed, not NUL-terminated), NULL at the end.
 */
const char *cm_text_word(const char **cursor, const char *separators, size_t *len);

/* Whether a list separated by spaces holds exactly this word. */
bool cm_text_has_word(const char *list, const char *word);

/*
 * A heap copy of a string, NULL for NULL and when memory is short.  The caller frees it.
 */
char *cm_text_dup(const char *text);

/* The bytes that cm_text_quote() needs at most for so many. */
#define CM_TEXT_QUOTED(len) (4 * (len) + 3)

/* A string as one word for a shell, in single quotes; out has room for it, and is returned. */
char *cm_text_quote(const char *text, char *out);

#endif
