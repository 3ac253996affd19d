#ifndef CM_AUTH_SCOPE_H
#define CM_AUTH_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/*
 * Scopes (RFC 6749 section 3.3): an action on a kind of thing.  read:application and
 * application:read are one scope; read, write, admin, read:*, *:read and the like stand for all
 * that they cover.  A new kind is a row in scope.c.
 */
enum cm_scope {
	CM_SCOPE_READ_APPLICATION,
	CM_SCOPE_WRITE_APPLICATION,
	CM_SCOPE_READ_ORGANIZATION,
	CM_SCOPE_WRITE_ORGANIZATION,
	CM_SCOPE_READ_USER,
	CM_SCOPE_WRITE_USER,
	CM_SCOPE_READ_ROLE,
	CM_SCOPE_WRITE_ROLE,
	CM_SCOPE_READ_PERMISSION,
	CM_SCOPE_WRITE_PERMISSION,
	CM_SCOPE_READ_TOKEN,
	CM_SCOPE_WRITE_TOKEN,
	CM_SCOPE_READ_AUDIT,
	CM_SCOPE_COUNT
};

typedef uint64_t cm_scope_set;

#define CM_SCOPE_BIT(scope) ((cm_scope_set)1 << (scope))

/*
 * The words that stand for all of an action also cover kinds of things that this version does not
 * know.  So they are more than all that it knows, and can't be handed out by who holds only that.
 */
#define CM_SCOPE_ANY_READ  CM_SCOPE_BIT(62)
#define CM_SCOPE_ANY_WRITE CM_SCOPE_BIT(63)
#define CM_SCOPE_KNOWN     (CM_SCOPE_BIT(CM_SCOPE_COUNT) - 1)
#define CM_SCOPE_ALL       (CM_SCOPE_KNOWN | CM_SCOPE_ANY_READ | CM_SCOPE_ANY_WRITE)

/* What a caller without a token is told to ask for: enough for most, and no more. */
#define CM_SCOPE_CORE                                                                              \
	(CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION) | CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION))

/*
 * Scopes about the person who signs in (OpenID Connect Core sections 5.4 and 11).  They open no
 * tool, and no client has them for itself.
 */
#define CM_SCOPE_OPENID   CM_SCOPE_BIT(58)
#define CM_SCOPE_PROFILE  CM_SCOPE_BIT(59)
#define CM_SCOPE_EMAIL    CM_SCOPE_BIT(60)
#define CM_SCOPE_OFFLINE  CM_SCOPE_BIT(61)
#define CM_SCOPE_IDENTITY (CM_SCOPE_OPENID | CM_SCOPE_PROFILE | CM_SCOPE_EMAIL | CM_SCOPE_OFFLINE)

/* The scope as the server writes it, such as "read:application". */
const char *cm_scope_name(enum cm_scope scope);

/* What one word covers; 0 for a word that is no scope here. */
cm_scope_set cm_scope_word(const char *word, size_t len);

/* What a list separated by spaces covers; unknown words cover nothing. */
cm_scope_set cm_scope_known(const char *list);

/*
 * Append the words of a list that may be granted, each once and as the client spelled it.
 * registered: what the client may ask for.  held: what whoever grants it can hand on; of a word
 * beyond that, only the part within is granted, by its own name.  CM_INVALID_SCOPE for a word that
 * is not registered, unless lenient: then it is left out.
 */
struct cm_scope_limits {
	cm_scope_set registered;
	cm_scope_set held;
	bool lenient;
};

enum cm_status cm_scope_grant(const char *list, const struct cm_scope_limits *limits,
                              struct cm_buf *out, struct cm_err *err);

/*
 * Append the words of a list as far as they are within a set: each once and as it is spelled, and
 * of a word that is not all within, the scopes that are, by their own names.
 */
enum cm_status cm_scope_put_within(struct cm_buf *out, const char *list, cm_scope_set within,
                                   struct cm_err *err);

/*
 * Walk over the scopes of a set, in plain words for the person who grants them: start with *cursor
 * 0, go on while true.
 */
bool cm_scope_describe(cm_scope_set set, size_t *cursor, const char **words);

/* Append the names of the known scopes in a set, separated by spaces, in the order of the enum. */
void cm_scope_put(struct cm_buf *buf, cm_scope_set set);

/* Append them as a JSON array of strings. */
void cm_scope_put_json(struct cm_buf *buf, cm_scope_set set);

#endif
