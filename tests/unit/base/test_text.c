#include "base/text.h"

#include <stdlib.h>

#include "fixture.h"
#include "suite.h"

static void test_utf8(void)
{
	static const char *const texts[] = {
	    "",
	    "plain",
	    "\x7f",
	    "\xc2\x80",
	    "\xdf\xbf",
	    "\xe0\xa0\x80",
	    "\xed\x9f\xbf",
	    "\xee\x80\x80",
	    "\xef\xbf\xbf",
	    "\xf0\x90\x80\x80",
	    "\xf4\x8f\xbf\xbf",
	    "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], cm_text_is_utf8(texts[i], strlen(texts[i])));
	CU_ASSERT_TRUE(cm_text_is_utf8("a\0b", 3));
}

static void test_not_utf8(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
	    {"\x80", "continuation without a lead"},
	    {"a\xbf", "continuation after ASCII"},
	    {"\xc0\x80", "NUL in two bytes"},
	    {"\xc1\xbf", "ASCII in two bytes"},
	    {"\xe0\x80\x80", "NUL in three bytes"},
	    {"\xe0\x9f\xbf", "two-byte character in three"},
	    {"\xf0\x80\x80\x80", "NUL in four bytes"},
	    {"\xf0\x8f\xbf\xbf", "three-byte character in four"},
	    {"\xed\xa0\x80", "U+D800"},
	    {"\xed\xbf\xbf", "U+DFFF"},
	    {"\xed\xa0\xbd\xed\xb8\x80", "a surrogate pair (CESU-8)"},
	    {"\xf4\x90\x80\x80", "U+110000"},
	    {"\xf7\xbf\xbf\xbf", "U+1FFFFF"},
	    {"\xf8\x88\x80\x80\x80", "five bytes"},
	    {"\xfe", "FE"},
	    {"\xff", "FF"},
	    {"\xc3", "lead at the end"},
	    {"\xe6\x97", "two of three"},
	    {"\xf0\x9f\x98", "three of four"},
	    {"\xc3(", "ASCII for a continuation"},
	    {"\xe6\x97(", "ASCII for the last continuation"},
	    {"\xc3\xc3\xbc", "lead after lead"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].why, !cm_text_is_utf8(rows[i].text, strlen(rows[i].text)));
}

/* What follows the text in memory is not looked at. */
static void test_utf8_stays_within(void)
{
	CU_ASSERT_FALSE(cm_text_is_utf8("\xc3\xbc", 1));
	CU_ASSERT_TRUE(cm_text_is_utf8("a\xff", 1));
	CU_ASSERT_TRUE(cm_text_is_utf8("\xff", 0));
}

static void test_repair(void)
{
	static const struct {
		const char *text, *repaired;
	} rows[] = {
	    {"", ""},
	    {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"},
	    {"\xff", "?"},
	    {"a\xc3", "a?"},
	    {"a\xe6\x97", "a??"},
	    {"\xc3(\xbc)", "?(?)"},
	    {"\xed\xa0\x80x", "???x"},
	    {"\xc0\x80", "??"},
	    {"\xc3\xc3\xbc", "?\xc3\xbc"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[32];

		memcpy(text, rows[i].text, strlen(rows[i].text) + 1);
		cm_text_repair(text);
		ASSERT_ROW(rows[i].repaired, strcmp(text, rows[i].repaired) == 0);
	}
}

static void test_visible(void)
{
	CU_ASSERT_TRUE(cm_text_is_visible(""));
	CU_ASSERT_TRUE(cm_text_is_visible(" !~azAZ09"));
	CU_ASSERT_FALSE(cm_text_is_visible("a\tb"));
	CU_ASSERT_FALSE(cm_text_is_visible("a\n"));
	CU_ASSERT_FALSE(cm_text_is_visible("\x1f"));
	CU_ASSERT_FALSE(cm_text_is_visible("\x7f"));
	CU_ASSERT_FALSE(cm_text_is_visible("\x80"));
	CU_ASSERT_FALSE(cm_text_is_visible("\xff"));
	CU_ASSERT_FALSE(cm_text_is_visible("gr\xc3\xbc"));
}

static void test_chars(void)
{
	CU_ASSERT_EQUAL(cm_text_chars(""), 0);
	CU_ASSERT_EQUAL(cm_text_chars("abc"), 3);
	CU_ASSERT_EQUAL(cm_text_chars("\xc3\xbc"), 1);
	CU_ASSERT_EQUAL(cm_text_chars("\xe6\x97\xa5 \xf0\x9f\x98\x80"), 3);
}

static void test_words(void)
{
	const char *cursor = "  one two   three ", *word;
	size_t len;

	word = cm_text_word(&cursor, " ", &len);
	CU_ASSERT_TRUE(word != NULL && len == 3 && memcmp(word, "one", 3) == 0);
	word = cm_text_word(&cursor, " ", &len);
	CU_ASSERT_TRUE(word != NULL && len == 3 && memcmp(word, "two", 3) == 0);
	word = cm_text_word(&cursor, " ", &len);
	CU_ASSERT_TRUE(word != NULL && len == 5 && memcmp(word, "three", 5) == 0);
	CU_ASSERT_PTR_NULL(cm_text_word(&cursor, " ", &len));
	CU_ASSERT_PTR_NULL(cm_text_word(&cursor, " ", &len));
	CU_ASSERT_EQUAL(len, 0);
}

static void test_word_separators(void)
{
	const char *cursor = "a b,c", *word;
	size_t len;

	word = cm_text_word(&cursor, ",", &len);
	CU_ASSERT_TRUE(word != NULL && len == 3 && memcmp(word, "a b", 3) == 0);
	word = cm_text_word(&cursor, ", ", &len);
	CU_ASSERT_TRUE(word != NULL && len == 1 && *word == 'c');
	cursor = " , ";
	CU_ASSERT_PTR_NULL(cm_text_word(&cursor, ", ", &len));
	cursor = "";
	CU_ASSERT_PTR_NULL(cm_text_word(&cursor, " ", &len));
}

static void test_has_word(void)
{
	CU_ASSERT_TRUE(cm_text_has_word("read write", "read"));
	CU_ASSERT_TRUE(cm_text_has_word("read write", "write"));
	CU_ASSERT_TRUE(cm_text_has_word("  write  ", "write"));
	CU_ASSERT_FALSE(cm_text_has_word("read write", "rea"));
	CU_ASSERT_FALSE(cm_text_has_word("read write", "ead"));
	CU_ASSERT_FALSE(cm_text_has_word("read write", "reads"));
	CU_ASSERT_FALSE(cm_text_has_word("read write", "Read"));
	CU_ASSERT_FALSE(cm_text_has_word("read write", "read write"));
	CU_ASSERT_FALSE(cm_text_has_word("read write", ""));
	CU_ASSERT_FALSE(cm_text_has_word("", "read"));
	CU_ASSERT_FALSE(cm_text_has_word("", ""));
}

static void test_dup(void)
{
	char text[] = "text";
	char *copy = cm_text_dup(text);

	text[0] = 'X';
	CU_ASSERT_STRING_EQUAL(copy, "text");
	free(copy);
	CU_ASSERT_PTR_NULL(cm_text_dup(NULL));
}

static void test_quote(void)
{
	char out[CM_TEXT_QUOTED(4)];

	CU_ASSERT_STRING_EQUAL(cm_text_quote("", out), "''");
	CU_ASSERT_STRING_EQUAL(cm_text_quote("a $\"", out), "'a $\"'");
	CU_ASSERT_STRING_EQUAL(cm_text_quote("a'b", out), "'a'\\''b'");
	CU_ASSERT_STRING_EQUAL(cm_text_quote("''''", out), "''\\'''\\'''\\'''\\'''");
	CU_ASSERT_EQUAL(strlen(out) + 1, sizeof out);
}

static const struct cm_test tests[] = {
    {"every length of character is UTF-8, up to the last one", test_utf8},
    {"what RFC 3629 rules out is no UTF-8", test_not_utf8},
    {"a character that goes on beyond the text is cut off, not read", test_utf8_stays_within},
    {"what is not UTF-8 is replaced, the rest stays", test_repair},
    {"only visible ASCII and spaces are visible", test_visible},
    {"characters are counted, not bytes", test_chars},
    {"words come one by one, whatever is between them", test_words},
    {"only the separators that are named separate", test_word_separators},
    {"a list holds a word only when it is the same word", test_has_word},
    {"a copy is its own", test_dup},
    {"a string is one word of a shell, whatever is in it", test_quote},
};

CM_SUITE(cm_suite_base_text, "base/text", tests);
