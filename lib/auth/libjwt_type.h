#ifndef CM_AUTH_LIBJWT_TYPE_H
#define CM_AUTH_LIBJWT_TYPE_H

/*
 * libjwt 1.10 knows one value of the typ header: it writes "JWT" over any other when it signs, and
 * refuses any other when it verifies.  Access tokens must say at+jwt (RFC 9068 section 2.1), and
 * assertions of clients have a type too.
 *
 * libjwt keeps its headers in jansson strings.  The program has json_string() and
 * json_string_value() of its own, which the dynamic linker finds before jansson's.  They pass every
 * call on, except while a type (borrowed) is set: then "JWT" is written as that and it, in whatever
 * case, is read as "JWT".  NULL ends that.  Whether a token is of the right type is checked by
 * jwt.c before libjwt sees it.  Where the program's functions were not found first, tokens would
 * say "JWT" and be refused by that check.
 */
void cm_libjwt_type(const char *type);

#endif
