#ifndef CM_HTTP_PAGE_H
#define CM_HTTP_PAGE_H

#include "http/exchange.h"

/*
 * Pages for people: HTML without script, with a policy that lets nothing else in, not to be framed,
 * telling no other site where the person came from.
 */

#define CM_STYLE_PATH "/casement.css"

/*
 * Begin a page.  form_target: a redirect URI that its forms may lead to, besides this server; NULL
 * for none.
 */
void cm_page_begin(struct cm_exchange *x, const char *title, const char *form_target);
void cm_page_end(struct cm_exchange *x);

/* Append text with the characters escaped that mean something in HTML. */
void cm_page_text(struct cm_exchange *x, const char *text);

/* Append HTML as it is, with %s of a text escaped wherever '%' stands (at most one). */
void cm_page_html(struct cm_exchange *x, const char *html, const char *text);

/* Send the browser elsewhere, by GET (RFC 9110 section 15.4.4). */
void cm_page_see_other(struct cm_exchange *x, const char *url);

/* Begin a page that says what went wrong. */
void cm_page_error_begin(struct cm_exchange *x, const struct cm_err *err);

/* GET /casement.css */
void cm_page_style_get(struct cm_exchange *x);

#endif
