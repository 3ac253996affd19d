#include "store/setting.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/fixture_store.h"
#include "suite.h"

/* Set a value; what the store then says the setting is must be `kept`. */
static void accept(const char *name, const char *value, const char *kept)
{
	struct cm_store *store = fixture_store();
	struct cm_settings settings;
	char text[CM_SETTING_TEXT_MAX];

	ASSERT_ROW(value, cm_setting_check(name, value, NULL) == CM_OK);
	ASSERT_ROW(value, cm_setting_set(store, name, value, NULL) == CM_OK);
	ASSERT_ROW(value, cm_settings_load(store, &settings, NULL) == CM_OK);
	ASSERT_ROW(value, cm_setting_text(&settings, name, text, NULL) == CM_OK);
	ASSERT_ROW(value, strcmp(text, kept) == 0);
	cm_store_close(store);
}

/* A value that is refused with CM_INPUT and the setting's name, and leaves no row. */
static void refuse(const char *name, const char *value)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};

	ASSERT_ROW(value, cm_setting_check(name, value, NULL) == CM_INPUT);
	ASSERT_ROW(value, cm_setting_set(store, name, value, &err) == CM_INPUT);
	ASSERT_ROW(value, strstr(err.text, name) != NULL);
	ASSERT_ROW(value, fixture_integer(store, "SELECT count(*) FROM setting") == 0);
	cm_store_close(store);
}

static void test_defaults(void)
{
	struct cm_store *store = fixture_store();
	struct cm_settings settings;
	char text[CM_SETTING_TEXT_MAX];

	CU_ASSERT_EQUAL(cm_settings_load(store, &settings, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(settings.issuer, "http://127.0.0.1:8080");
	CU_ASSERT_STRING_EQUAL(settings.signing_algorithm, "RS256");
	CU_ASSERT_EQUAL(settings.access_token_lifetime_s, 3600);
	CU_ASSERT_EQUAL(settings.max_body_bytes, 1048576);
	CU_ASSERT_STRING_EQUAL(settings.allowed_origins, "");
	for (size_t i = 0; cm_setting_info(i) != NULL; i++) {
		const struct cm_setting_info *info = cm_setting_info(i);

		ASSERT_ROW(info->name, info->description[0] != '\0');
		ASSERT_ROW(info->name, cm_setting_check(info->name, info->fallback, NULL) == CM_OK);
		ASSERT_ROW(info->name, cm_setting_text(&settings, info->name, text, NULL) == CM_OK);
		ASSERT_ROW(info->name, strcmp(text, info->fallback) == 0);
	}
	CU_ASSERT_PTR_NULL(cm_setting_info(1000));
	cm_store_close(store);
}

static void test_unknown(void)
{
	static const char *const names[] = {"", "Issuer", "issuer ", "nonsense", "issuer' --"};
	struct cm_store *store = fixture_store();
	struct cm_settings settings;
	char text[CM_SETTING_TEXT_MAX];

	CU_ASSERT_EQUAL(cm_settings_load(store, &settings, NULL), CM_OK);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		ASSERT_ROW(names[i], cm_setting_check(names[i], "x", NULL) == CM_NOT_FOUND);
		ASSERT_ROW(names[i], cm_setting_set(store, names[i], "x", NULL) == CM_NOT_FOUND);
		ASSERT_ROW(names[i],
		           cm_setting_text(&settings, names[i], text, NULL) == CM_NOT_FOUND);
	}
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM setting"), 0);
	cm_store_close(store);
}

static void test_issuer(void)
{
	static const char *const rows[][2] = {
	    {"https://example.org", "https://example.org"},
	    {"https://example.org/", "https://example.org"},
	    {"https://example.org///", "https://example.org"},
	    {"https://example.org/casement/", "https://example.org/casement"},
	    {"https://example.org:8443/a/b", "https://example.org:8443/a/b"},
	    {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
	    {"http://127.0.0.1:9000/", "http://127.0.0.1:9000"},
	    {"http://127.8.8.8", "http://127.8.8.8"},
	    {"http://localhost:80801/", NULL},
	    {"http://localhost:8081/x", "http://localhost:8081/x"},
	    {"http://[::1]:8080", "http://[::1]:8080"},
	    {"https://[2001:db8::1]", "https://[2001:db8::1]"},
	    {"https://10.0.0.1", "https://10.0.0.1"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i][1] == NULL)
			refuse("issuer", rows[i][0]);
		else
			accept("issuer", rows[i][0], rows[i][1]);
	}
}

static void test_issuer_refused(void)
{
	static const char *const values[] = {
	    "",
	    "/",
	    "example.org",
	    "//example.org",
	    "https:",
	    "https:/",
	    "https://",
	    "https:///path",
	    "urn:x",
	    "ftp://example.org",
	    "file:///etc",
	    "javascript:alert(1)",
	    "http://example.org",
	    "http://10.0.0.1",
	    "http://127.evil.example",
	    "http://127.0.0.1.evil.example",
	    "http://localhost.evil.example",
	    "http://0.0.0.0",
	    "http://[::2]",
	    "https://example.org?x=1",
	    "https://example.org/?",
	    "https://example.org#x",
	    "https://example.org/#",
	    "https://user@example.org",
	    "https://user:pw@example.org/",
	    "http://localhost@evil.example",
	    "https://EXAMPLE.org",
	    "HTTPS://example.org",
	    "https://example.org//a",
	    "https://example.org/a//b",
	    "https://example.org/%61",
	    "https://example.org/a b",
	    "https://example.org/\xc3\xbc",
	    "https://\xc3\xbc.example",
	    " https://example.org",
	    "https://example.org\n",
	    "https://example.org:0",
	    "https://example.org:65536",
	    "https://example.org:",
	    "https://example.org/\"",
	    "https://example.org/<b>",
	    "https://example.org\\x",
	};

	for (size_t i = 0; i < COUNT_OF(values); i++)
		refuse("issuer", values[i]);
}

/* Clients compare issuers as strings: one place has one spelling. */
static void test_issuer_default_port(void)
{
	static const char *const values[] = {
	    "https://example.org:443",  "https://example.org:443/casement",
	    "https://example.org:0443", "https://example.org:08443",
	    "http://127.0.0.1:80",      "http://localhost:80/x",
	    "http://[::1]:80",          "http://127.0.0.1:0080",
	};

	for (size_t i = 0; i < COUNT_OF(values); i++)
		refuse("issuer", values[i]);
	accept("issuer", "https://example.org:80", "https://example.org:80");
	accept("issuer", "http://127.0.0.1:443", "http://127.0.0.1:443");
}

static void test_issuer_length(void)
{
	char value[CM_URL_MAX + 2] = "https://example.org/";

	memset(value + 20, 'x', CM_URL_MAX - 20);
	value[CM_URL_MAX] = '\0';
	accept("issuer", value, value);
	value[CM_URL_MAX] = 'x';
	value[CM_URL_MAX + 1] = '\0';
	refuse("issuer", value);
}

static void test_algorithm(void)
{
	static const char *const values[] = {"",      "rs256", "RS256 ", "HS256",      "none",
	                                     "RS512", "EdDSA", "RS2566", "RS256,ES256"};

	accept("signing_algorithm", "RS256", "RS256");
	accept("signing_algorithm", "ES256", "ES256");
	for (size_t i = 0; i < COUNT_OF(values); i++)
		refuse("signing_algorithm", values[i]);
}

static void test_numbers(void)
{
	static const struct {
		const char *name;
		long long min, max;
	} rows[] = {
	    {"access_token_lifetime_s", 10, 86400},
	    {"max_body_bytes", 1024, 67108864},
	};
	static const char *const bad[] = {"",
	                                  " ",
	                                  "x",
	                                  "1e4",
	                                  "0x800",
	                                  "3600s",
	                                  "3600 ",
	                                  " 3600",
	                                  "\t3600",
	                                  "+3600",
	                                  "3600.0",
	                                  "3,600",
	                                  "-3600",
	                                  "9223372036854775807",
	                                  "9223372036854775808",
	                                  "18446744073709555216",
	                                  "99999999999999999999999999",
	                                  "-99999999999999999999999999"};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char value[32];

		for (long long step = -1; step <= 1; step++) {
			snprintf(value, sizeof value, "%lld", rows[i].min + step);
			step < 0 ? refuse(rows[i].name, value) : accept(rows[i].name, value, value);
			snprintf(value, sizeof value, "%lld", rows[i].max - step);
			step < 0 ? refuse(rows[i].name, value) : accept(rows[i].name, value, value);
		}
		refuse(rows[i].name, "0");
		for (size_t j = 0; j < COUNT_OF(bad); j++)
			refuse(rows[i].name, bad[j]);
	}
}

static void test_origins(void)
{
	static const char *const bad[] = {
	    "*",
	    "null",
	    "example.org",
	    "https://example.org/",
	    "https://example.org/path",
	    "https://example.org?",
	    "https://EXAMPLE.org",
	    "https://example.org:443",
	    "http://example.org:80",
	    "https://user@example.org",
	    "https://a.example, https://b.example",
	    "https://a.example\nhttps://b.example",
	    "https://a.example nonsense",
	    "https://*.example",
	    "urn:x",
	};
	char value[CM_ORIGINS_MAX + 20] = "";

	accept("allowed_origins", "", "");
	accept("allowed_origins", "https://example.org", "https://example.org");
	accept("allowed_origins", "http://localhost:3000 https://a.example:8443",
	       "http://localhost:3000 https://a.example:8443");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		refuse("allowed_origins", bad[i]);
	while (strlen(value) < CM_ORIGINS_MAX)
		strcat(value, "https://h.ex ");
	refuse("allowed_origins", value);
	memset(value, ' ', CM_ORIGINS_MAX - 1);
	memcpy(value, "https://", 8);
	memset(value + 8, 'h', CM_URL_MAX);
	refuse("allowed_origins", value);
}

static void test_log_settings(void)
{
	accept("log_level", "off", "off");
	accept("log_level", "error", "error");
	accept("log_level", "info", "info");
	refuse("log_level", "");
	refuse("log_level", "debug");
	refuse("log_level", "INFO");
	accept("log_target", "server", "server");
	accept("log_target", "syslog", "syslog");
	accept("log_target", "/var/log/casement.log", "/var/log/casement.log");
	refuse("log_target", "");
	refuse("log_target", "casement.log");
	refuse("log_target", "./log");
	refuse("log_target", "stderr");
}

static void test_far_too_long(void)
{
	char value[CM_SETTING_TEXT_MAX + 10];

	for (size_t i = 0; cm_setting_info(i) != NULL; i++) {
		memset(value, '/', sizeof value - 1);
		value[sizeof value - 1] = '\0';
		refuse(cm_setting_info(i)->name, value);
		value[CM_SETTING_TEXT_MAX] = '\0';
		refuse(cm_setting_info(i)->name, value);
	}
}

static void test_set_again(void)
{
	struct cm_store *store = fixture_store();
	struct cm_settings settings;

	cm_clock_fix(5000);
	CU_ASSERT_EQUAL(cm_setting_set(store, "issuer", "https://one.example", NULL), CM_OK);
	cm_clock_fix(6000);
	CU_ASSERT_EQUAL(cm_setting_set(store, "issuer", "https://two.example/", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_setting_set(store, "issuer", "nonsense", NULL), CM_INPUT);
	CU_ASSERT_EQUAL(cm_settings_load(store, &settings, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(settings.issuer, "https://two.example");
	CU_ASSERT_TRUE(fixture_is_text(store, "SELECT value || ' ' || updated_at_s FROM setting",
	                               "https://two.example 6000"));
	cm_store_close(store);
}

static void test_edited_by_hand(void)
{
	static const char *const rows[] = {
	    "('issuer', 'nonsense', 0)",
	    "('issuer', '', 0)",
	    "('issuer', 'http://example.org', 0)",
	    "('signing_algorithm', 'none', 0)",
	    "('signing_algorithm', 'HS256', 0)",
	    "('access_token_lifetime_s', 'forever', 0)",
	    "('access_token_lifetime_s', '0', 0)",
	    "('access_token_lifetime_s', '999999999', 0)",
	    "('max_body_bytes', '-1', 0)",
	    "('max_body_bytes', '', 0)",
	    "('allowed_origins', '*', 0)",
	    "('allowed_origins', printf('%0100000d', 0), 0)",
	    "('log_level', 'loud', 0)",
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_store *store = fixture_store();
		struct cm_settings settings;
		struct cm_err err = {0};
		char sql[200];

		snprintf(sql, sizeof sql, "INSERT INTO setting VALUES %s", rows[i]);
		ASSERT_ROW(sql, fixture_sql(store, sql));
		ASSERT_ROW(sql, cm_settings_load(store, &settings, &err) == CM_STORE);
		ASSERT_ROW(sql, err.status == CM_STORE);
		cm_store_close(store);
	}
}

static void test_slash_by_hand(void)
{
	struct cm_store *store = fixture_store();
	struct cm_settings settings;

	CU_ASSERT_TRUE(
	    fixture_sql(store, "INSERT INTO setting VALUES ('issuer', 'https://example.org/', 0),"
	                       " ('of_another_version', 'x', 0)"));
	CU_ASSERT_EQUAL(cm_settings_load(store, &settings, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(settings.issuer, "https://example.org");
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"without rows every setting has its default, which is a good value", test_defaults},
    {"an unknown name is not found and not kept", test_unknown},
    {"an issuer is kept without slashes at its end; http only on loopback", test_issuer},
    {"what is no issuer is refused", test_issuer_refused},
    {"an issuer names no default port and no port with zeros", test_issuer_default_port},
    {"the longest issuer fits, a longer one is refused", test_issuer_length},
    {"only RS256 and ES256 are algorithms", test_algorithm},
    {"numbers have bounds, and nothing around their digits", test_numbers},
    {"origins are origins in their one spelling", test_origins},
    {"log level and target take what the log knows", test_log_settings},
    {"no setting takes a text that is far too long", test_far_too_long},
    {"a setting is replaced, a refused value leaves it", test_set_again},
    {"a row that was edited into nonsense stops the load", test_edited_by_hand},
    {"a slash in the row is cut; rows of other versions are passed over", test_slash_by_hand},
};

CM_SUITE(cm_suite_store_setting, "store/setting", tests);
