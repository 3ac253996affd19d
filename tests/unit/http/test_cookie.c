#include "http/cookie.h"

#include <stdio.h>

#include "support.h"

/* 43 characters, as a secret has. */
#define SECRET "abcdefghijklmnopqrstuvwxyz-_0123456789ABCDE"
#define OTHER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_0123456789abcde"

struct talk {
	struct cm_context ctx;
	struct cm_request req;
	struct cm_response res;
	struct cm_exchange x;
	const char *env[2];
	char header[500];
};

/* An exchange with a Cookie header (NULL: none) at a server of this issuer. */
static void begin(struct talk *talk, const char *issuer, const char *cookie)
{
	memset(talk, 0, sizeof *talk);
	snprintf(talk->ctx.settings.issuer, sizeof talk->ctx.settings.issuer, "%s", issuer);
	talk->ctx.prefix = strchr(strstr(issuer, "//") + 2, '/');
	if (talk->ctx.prefix == NULL)
		talk->ctx.prefix = "";
	snprintf(talk->header, sizeof talk->header, "HTTP_COOKIE=%s", cookie == NULL ? "" : cookie);
	talk->env[0] = cookie == NULL ? NULL : talk->header;
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&talk->req, talk->env, "", 0, CM_BODY_WHOLE, NULL),
	                      CM_OK);
	cm_response_init(&talk->res);
	talk->x = (struct cm_exchange){.ctx = &talk->ctx, .req = &talk->req, .res = &talk->res};
}

struct sent {
	const char *cookie, *secret; /* secret NULL: none is found */
};

static void get(const char *issuer, const struct sent *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = rows[i].cookie == NULL ? "NULL" : rows[i].cookie;
		char secret[CM_SECRET_TEXT] = "";
		struct talk talk;
		bool found;

		begin(&talk, issuer, rows[i].cookie);
		found = cm_cookie_get(&talk.x, secret);
		ASSERT_ROW(name, found == (rows[i].secret != NULL));
		if (found && rows[i].secret != NULL)
			ASSERT_ROW(name, strcmp(secret, rows[i].secret) == 0);
		cm_response_clear(&talk.res);
	}
}

static void test_over_http(void)
{
	static const struct sent rows[] = {
	    {NULL, NULL},
	    {"", NULL},
	    {"casement=" SECRET, SECRET},
	    {"a=b; casement=" SECRET, SECRET},
	    {"casement=" SECRET "; a=b", SECRET},
	    {"a=b;casement=" SECRET ";c=d", SECRET},
	    {"; ;  casement=" SECRET " ;", SECRET},
	    {"casement=" SECRET "; Casement=" OTHER, SECRET},
	    {"casement=" SECRET "; casement2=" OTHER, SECRET},
	    {"casement", NULL},
	    {"casement=", NULL},
	    {"Casement=" SECRET, NULL},
	    {"casementx=" SECRET, NULL},
	    {"xcasement=" SECRET, NULL},
	    {"__Host-casement=" SECRET, NULL},
	    {"casement:" SECRET, NULL},
	    {"a=casement=" SECRET, NULL},
	    {"casement=\"" SECRET "\"", NULL},
	    {"casement=" SECRET "x", NULL},
	    {"casement=x" SECRET, NULL},
	    {"casement==" SECRET, NULL},
	    {"casement=abcdefghijklmnopqrstuvwxyz-_0123456789ABCD", NULL},
	};

	get("http://127.0.0.1:8080", rows, COUNT_OF(rows));
}

static void test_two(void)
{
	static const struct sent rows[] = {
	    {"casement=" SECRET "; casement=" OTHER, NULL},
	    {"casement=" SECRET "; casement=" SECRET, NULL},
	    {"casement=" SECRET "; a=b; casement=" OTHER, NULL},
	    {"casement=" SECRET "; casement=", NULL},
	    {"casement=; casement=" SECRET, NULL},
	};

	get("http://127.0.0.1:8080", rows, COUNT_OF(rows));
}

static void test_over_https(void)
{
	static const struct sent rows[] = {
	    {"__Host-casement=" SECRET, SECRET},
	    {"casement=" OTHER "; __Host-casement=" SECRET, SECRET},
	    {"casement=" SECRET, NULL},
	    {"__Secure-casement=" SECRET, NULL},
	    {"__host-casement=" SECRET, NULL},
	};

	get("https://example.org", rows, COUNT_OF(rows));
}

/* What is under a path of the host has a name by that path: its neighbours have others. */
static void test_under_a_path(void)
{
	static const struct sent at_auth[] = {
	    {"__Host-casement-7d2f30b877597697=" SECRET, SECRET},
	    {"__Host-casement=" OTHER "; __Host-casement-7d2f30b877597697=" SECRET, SECRET},
	    {"__Host-casement=" SECRET, NULL},
	    {"__Host-casement-bf2faee259602662=" SECRET, NULL},
	    {"casement-7d2f30b877597697=" SECRET, NULL},
	};
	static const struct sent at_other[] = {
	    {"__Host-casement-bf2faee259602662=" SECRET, SECRET},
	    {"__Host-casement-7d2f30b877597697=" SECRET, NULL},
	};
	static const struct sent at_root[] = {
	    {"__Host-casement-7d2f30b877597697=" SECRET, NULL},
	};
	static const struct sent over_http[] = {
	    {"casement-7d2f30b877597697=" SECRET, SECRET},
	    {"casement=" SECRET, NULL},
	};

	get("https://example.org/auth", at_auth, COUNT_OF(at_auth));
	get("https://example.org/other", at_other, COUNT_OF(at_other));
	get("https://example.org", at_root, COUNT_OF(at_root));
	get("http://127.0.0.1:8080/auth", over_http, COUNT_OF(over_http));
}

/*
 * A pair ends at a semicolon alone (RFC 6265 section 4.2.1).  A neighbour's host may give the
 * browser a cookie with a space in its value, and must not put this one into it.
 */
static void test_within_another(void)
{
	static const struct sent rows[] = {
	    {"a=b __Host-casement=" SECRET, NULL},
	    {"a= __Host-casement=" SECRET, NULL},
	    {"a=b __Host-casement=" OTHER "; __Host-casement=" SECRET, SECRET},
	    {"__Host-casement=" SECRET "; a=b __Host-casement=" OTHER, SECRET},
	    {"a=b\t__Host-casement=" SECRET, NULL},
	    {"a=b,__Host-casement=" SECRET, NULL},
	    {"__Host-casement=" SECRET " x", NULL},
	};

	get("https://example.org", rows, COUNT_OF(rows));
}

static void test_set(void)
{
	static const struct {
		const char *issuer, *secret, *header;
	} rows[] = {
	    {"https://example.org", SECRET,
	     "Set-Cookie: __Host-casement=" SECRET "; Path=/; HttpOnly; SameSite=Lax; Secure\r\n"},
	    {"https://example.org/auth", "",
	     "Set-Cookie: __Host-casement-7d2f30b877597697=; Path=/; HttpOnly; SameSite=Lax; "
	     "Secure; "
	     "Max-Age=0\r\n"},
	    {"http://127.0.0.1:8080", SECRET,
	     "Set-Cookie: casement=" SECRET "; Path=/; HttpOnly; SameSite=Lax\r\n"},
	    {"http://127.0.0.1:8080", "",
	     "Set-Cookie: casement=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0\r\n"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk talk;

		begin(&talk, rows[i].issuer, NULL);
		cm_cookie_set(&talk.x, rows[i].secret);
		ASSERT_ROW(rows[i].header,
		           strcmp(cm_buf_str(&talk.res.headers), rows[i].header) == 0);
		CU_ASSERT_FALSE(talk.res.failed);
		cm_response_clear(&talk.res);
	}
}

static const struct cm_test tests[] = {
    {"a secret is found under its exact name, and has its exact length", test_over_http},
    {"of two secrets neither is taken", test_two},
    {"over https the cookie is bound to the host", test_over_https},
    {"two servers under one host keep their own", test_under_a_path},
    {"a cookie is not found within another's value", test_within_another},
    {"a secret is kept until the browser closes, or taken away", test_set},
};

CM_SUITE(cm_suite_http_cookie, "http/cookie", tests);
