#include "http/page.h"

#include <string.h>

#include "base/url.h"

/* Readable on a phone, in the dark, and at any size of letters; contrast over 7:1 (WCAG 2.2). */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#4d535c;--line:#8a9099;"
    "--act:#0b4f8a;--bad:#9b1c1c}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#f0f2f5;--paper:#16191d;--soft:#b4bac3;"
    "--line:#7d848e;--act:#8ec5ff;--bad:#ffb0a8}}\n"
    "*{box-sizing:border-box}\n"
    "body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:32rem;margin:0 auto;padding:1.5rem 1rem;overflow-wrap:anywhere}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}\n"
    "h2{font-size:1.15rem;margin:1.5rem 0 .5rem}\n"
    "label{display:block;font-weight:600;margin:1rem 0 .25rem}\n"
    "input:not([type=hidden]){width:100%;font:inherit;padding:.6rem;color:inherit;"
    "background:transparent;border:1px solid var(--line);border-radius:.3rem}\n"
    "button{font:inherit;font-weight:600;padding:.6rem 1.2rem;margin:1rem .5rem 0 0;"
    "min-height:2.75rem;border:2px solid var(--act);border-radius:.3rem;background:var(--act);"
    "color:var(--paper);cursor:pointer}\n"
    "button.quiet{background:transparent;color:var(--act)}\n"
    "button.link{border:0;padding:.6rem 0;background:none;color:var(--act);"
    "text-decoration:underline;font-weight:400}\n"
    "a{color:var(--act)}\n"
    ":focus-visible{outline:3px solid var(--act);outline-offset:2px}\n"
    ".error{color:var(--bad);border-left:.3rem solid var(--bad);padding-left:.75rem}\n"
    ".note{color:var(--soft)}\n"
    "code{font-family:ui-monospace,monospace;font-size:.95em}\n"
    "li{margin:.35rem 0}\n"
    ".grant{border-top:1px solid var(--line);padding:.5rem 0 1.5rem}\n";

/*
 * Browsers hold the policy against each redirect that a form leads to, so the target of the last
 * one is named too: its origin, or for private schemes and IPv6 addresses, which have none in this
 * language (CSP level 3 section 2.3.1), its scheme.
 */
static void put_form_target(struct cm_buf *buf, const char *uri)
{
	struct cm_url url;

	if (uri == NULL || !cm_url_parse(uri, &url))
		return;
	if (url.host[0] != '\0' && url.host[0] != '[' && strncmp(url.scheme, "http", 4) == 0)
		cm_buf_printf(buf, " %s", url.origin);
	else
		cm_buf_printf(buf, " %s:", url.scheme);
}

void cm_page_begin(struct cm_exchange *x, const char *title, const char *form_target)
{
	struct cm_buf policy = {0};

	x->res->content_type = "text/html; charset=utf-8";
	cm_buf_reset(&x->res->body);
	cm_buf_puts(&policy, "default-src 'none'; style-src 'self'; base-uri 'none'; "
	                     "frame-ancestors 'none'; form-action 'self'");
	put_form_target(&policy, form_target);
	if (policy.failed)
		x->res->failed = true;
	cm_response_header(x->res, "Content-Security-Policy", cm_buf_str(&policy));
	cm_buf_clear(&policy);
	cm_response_header(x->res, "X-Frame-Options", "DENY");
	cm_response_header(x->res, "Referrer-Policy", "no-referrer");
	cm_buf_puts(&x->res->body,
	            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	cm_page_html(x, "<title>% - Casement</title>\n", title);
	cm_page_html(x, "<link rel=\"stylesheet\" href=\"%" CM_STYLE_PATH "\">\n", x->ctx->prefix);
	cm_page_html(x, "</head>\n<body>\n<main>\n<h1>%</h1>\n", title);
}

void cm_page_end(struct cm_exchange *x)
{
	cm_buf_puts(&x->res->body, "</main>\n</body>\n</html>\n");
}

void cm_page_text(struct cm_exchange *x, const char *text)
{
	struct cm_buf *buf = &x->res->body;

	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			cm_buf_puts(buf, "&amp;");
			break;
		case '<':
			cm_buf_puts(buf, "&lt;");
			break;
		case '>':
			cm_buf_puts(buf, "&gt;");
			break;
		case '"':
			cm_buf_puts(buf, "&quot;");
			break;
		case '\'':
			cm_buf_puts(buf, "&#39;");
			break;
		default:
			cm_buf_add(buf, text, 1);
		}
	}
}

void cm_page_html(struct cm_exchange *x, const char *html, const char *text)
{
	const char *mark = strchr(html, '%');

	if (mark == NULL) {
		cm_buf_puts(&x->res->body, html);
		return;
	}
	cm_buf_add(&x->res->body, html, (size_t)(mark - html));
	cm_page_text(x, text);
	cm_buf_puts(&x->res->body, mark + 1);
}

void cm_page_see_other(struct cm_exchange *x, const char *url)
{
	x->res->status = 303;
	cm_response_header(x->res, "Location", url);
	cm_response_header(x->res, "Referrer-Policy", "no-referrer");
}

void cm_page_error_begin(struct cm_exchange *x, const struct cm_err *err)
{
	cm_page_begin(x, "That did not work", NULL);
	cm_page_html(x, "<p class=\"error\" role=\"alert\">%</p>\n", cm_err_public(err));
	if (cm_status_info(err->status)->generic != NULL)
		cm_page_html(x, "<p class=\"note\">Request <code>%</code></p>\n",
		             x->req->request_id);
}

void cm_page_style_get(struct cm_exchange *x)
{
	x->res->content_type = "text/css; charset=utf-8";
	x->res->cache = "public, max-age=3600";
	cm_buf_puts(&x->res->body, style);
}
