#include "base/encode.h"

#include "base/crypto.h"
#include "fixture.h"
#include "suite.h"

/* RFC 4648 section 10, and the two characters in which the alphabets differ. */
static const struct {
	const char *plain, *url, *base64, *hex;
	size_t len;
} vectors[] = {
    {"", "", "", "", 0},
    {"f", "Zg", "Zg==", "66", 1},
    {"fo", "Zm8", "Zm8=", "666f", 2},
    {"foo", "Zm9v", "Zm9v", "666f6f", 3},
    {"foob", "Zm9vYg", "Zm9vYg==", "666f6f62", 4},
    {"fooba", "Zm9vYmE", "Zm9vYmE=", "666f6f6261", 5},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172", 6},
    {"\xfb\xef\xff", "--__", "++//", "fbefff", 3},
    {"\0\0\0", "AAAA", "AAAA", "000000", 3},
    {"\xff", "_w", "/w==", "ff", 1},
};

static void test_encode(void)
{
	char out[16];

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		cm_encode_base64url(vectors[i].plain, vectors[i].len, out);
		ASSERT_ROW(vectors[i].url, strcmp(out, vectors[i].url) == 0);
		ASSERT_ROW(vectors[i].url, strlen(out) + 1 == CM_BASE64URL_SIZE(vectors[i].len));
		cm_encode_hex(vectors[i].plain, vectors[i].len, out);
		ASSERT_ROW(vectors[i].hex, strcmp(out, vectors[i].hex) == 0);
		ASSERT_ROW(vectors[i].hex, strlen(out) + 1 == CM_HEX_SIZE(vectors[i].len));
	}
}

static void test_decode(void)
{
	unsigned char out[16];
	size_t len;

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		len = 99;
		ASSERT_ROW(vectors[i].url,
		           cm_decode_base64url(vectors[i].url, strlen(vectors[i].url), out, &len));
		ASSERT_ROW(vectors[i].url,
		           len == vectors[i].len && memcmp(out, vectors[i].plain, len) == 0);
		len = 99;
		ASSERT_ROW(
		    vectors[i].base64,
		    cm_decode_base64(vectors[i].base64, strlen(vectors[i].base64), out, &len));
		ASSERT_ROW(vectors[i].base64,
		           len == vectors[i].len && memcmp(out, vectors[i].plain, len) == 0);
	}
}

static void test_round_trip(void)
{
	unsigned char bytes[300], back[400];
	char text[CM_BASE64URL_SIZE(300)];
	size_t len;

	CU_ASSERT_EQUAL(cm_crypto_random(bytes, sizeof bytes, NULL), CM_OK);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		cm_encode_base64url(bytes, n, text);
		CU_ASSERT_TRUE(cm_decode_base64url(text, strlen(text), back, &len));
		CU_ASSERT_TRUE(len == n && memcmp(back, bytes, n) == 0);
	}
}

static void test_base64url_not_canonical(void)
{
	static const char *const texts[] = {
	    "Z",     "Zm9vY",  "Zg==",   "Zm8=",      "Zm9v=",    "=",     "====",
	    "Zh",    "Zm9",    "Zm9vYh", "_x",        "++//",     "Zm 9v", "Zm9v ",
	    " Zm9v", "Zm9v\n", "Zm.v",   "Z\xc3\xbc", "\xff\xff", "Zm9v-", "Zm*v",
	};
	unsigned char out[32];
	size_t len;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], !cm_decode_base64url(texts[i], strlen(texts[i]), out, &len));
	CU_ASSERT_FALSE(cm_decode_base64url("Zm\0v", 4, out, &len));
}

static void test_base64_not_canonical(void)
{
	static const char *const texts[] = {
	    "Zg",      "Zg=",       "Zm8",      "Z===",  "====",      "===",      "==",
	    "=",       "Zm9vY",     "Zm9v====", "Zh==",  "Zm9=",      "Zg==Zg==", "=Zg=",
	    "Z=g=",    "--__",      "Zm9v\n",   "Zm 9v", "Zm9v Zg==", "Zg==\n",   "Zg==\n\n\n\n",
	    "Zm9vYg=", "Zm9vYg===", "AAAAA===", "Zg=*",
	};
	unsigned char out[32];
	size_t len;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], !cm_decode_base64(texts[i], strlen(texts[i]), out, &len));
	CU_ASSERT_FALSE(cm_decode_base64("Zm\0v", 4, out, &len));
}

/* Of the 64 characters that may come last after one or two bytes, only those without stray bits. */
static void test_stray_bits(void)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char out[8];
	size_t len;

	for (size_t i = 0; i < 64; i++) {
		char two[] = {'A', alphabet[i], '\0'};
		char three[] = {'A', 'A', alphabet[i], '\0'};

		ASSERT_ROW(two, cm_decode_base64url(two, 2, out, &len) == (i % 16 == 0));
		ASSERT_ROW(three, cm_decode_base64url(three, 3, out, &len) == (i % 4 == 0));
	}
}

/* Decoders stay within the length that is given, and need no NUL. */
static void test_decode_stays_within(void)
{
	unsigned char out[8];
	size_t len = 0;

	CU_ASSERT_TRUE(cm_decode_base64url("Zm9v!!!!", 4, out, &len));
	CU_ASSERT_EQUAL(len, 3);
	CU_ASSERT_TRUE(cm_decode_base64("Zg==!!!!", 4, out, &len));
	CU_ASSERT_EQUAL(len, 1);
}

static void test_percent(void)
{
	static const struct {
		const char *text, *plain, *form;
	} rows[] = {
	    {"", "", ""},
	    {"plain", "plain", "plain"},
	    {"a+b", "a+b", "a b"},
	    {"a%2Bb%2b", "a+b+", "a+b+"},
	    {"a%20b", "a b", "a b"},
	    {"%25%32%35", "%25", "%25"},
	    {"%C3%BC", "\xc3\xbc", "\xc3\xbc"},
	    {"\xc3\xbc", "\xc3\xbc", "\xc3\xbc"},
	    {"\xc3%bc", "\xc3\xbc", "\xc3\xbc"},
	    {"%26%3D%2f", "&=/", "&=/"},
	    {"%01", "\x01", "\x01"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[32];

		memcpy(text, rows[i].text, strlen(rows[i].text) + 1);
		ASSERT_ROW(rows[i].text, cm_decode_percent(text, false));
		ASSERT_ROW(rows[i].text, strcmp(text, rows[i].plain) == 0);
		memcpy(text, rows[i].text, strlen(rows[i].text) + 1);
		ASSERT_ROW(rows[i].text, cm_decode_percent(text, true));
		ASSERT_ROW(rows[i].text, strcmp(text, rows[i].form) == 0);
	}
}

static void test_percent_refused(void)
{
	static const char *const texts[] = {
	    "%",    "a%",     "%4",        "%4g",          "%g4",       "%%41", "%+1",
	    "% 1",  "%0",     "%00",       "a%00b",        "%ff",       "%C3",  "%C3x",
	    "\xff", "%c0%80", "%ed%a0%80", "%f4%90%80%80", "%e2%28%a1", "%-1",  "%u0041",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char text[32];

		memcpy(text, texts[i], strlen(texts[i]) + 1);
		ASSERT_ROW(texts[i], !cm_decode_percent(text, false));
		memcpy(text, texts[i], strlen(texts[i]) + 1);
		ASSERT_ROW(texts[i], !cm_decode_percent(text, true));
	}
}

static const struct cm_test tests[] = {
    {"base64url and hexadecimal are those of RFC 4648, and as long as said", test_encode},
    {"the vectors of RFC 4648 are decoded", test_decode},
    {"every length comes back as it was", test_round_trip},
    {"base64url with padding, stray bits or other characters is refused",
     test_base64url_not_canonical},
    {"base64 without its padding, or with too much, is refused", test_base64_not_canonical},
    {"one text stands for one run of bytes", test_stray_bits},
    {"only the given length is decoded", test_decode_stays_within},
    {"percent escapes are decoded once, '+' only in forms", test_percent},
    {"bad escapes, NUL and what is not UTF-8 are refused", test_percent_refused},
};

CM_SUITE(cm_suite_base_encode, "base/encode", tests);
