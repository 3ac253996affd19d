#ifndef CM_FCGI_IMPORT_H
#define CM_FCGI_IMPORT_H

#include "cli.h"
#include "store/user.h"

/* Only for the files of `casement import`. */

/* What was not understood, each kind of thing once, with where it came first. */
struct report {
	struct report_line {
		struct report_line *next;
		struct cm_buf place; /* such as "users[3].groups" */
		struct cm_buf key;   /* the same without numbers, and why */
		const char *why;     /* within key; borrowed */
		int64_t times;
	} * first, *last;
	void *by_key;  /* a tree of the lines, which owns them (tsearch(3)) */
	int64_t times; /* in all */
	bool failed;   /* out of memory: something is neither here nor taken over */
};

/* An import on its way: one transaction. */
struct import {
	struct cli *cli;
	const cm_json *data;
	struct report report;
	char (*hash)[CM_PASSWORD_HASH_MAX]; /* of each user in the file; "": none */
	int64_t added;
	struct cm_buf lines; /* the report as JSON, once all is written */
};

/* Where a row stands in the file, and which of its members are taken now. */
struct place {
	const struct cm_entity *entity;
	size_t index;
	bool links; /* only links to other rows, or all but those */
};

/* A member as text, "" when it is none. */
const char *cli_import_text(const cm_json *row, const char *name);

/* Whose a row is here. */
const char *cli_import_owner(const cm_json *row);

/*
 * import_report.c: add a line; index counts rows or is WHOLE_SECTION, path is a member ("": the
 * row), why a sentence without its end.
 */
#define WHOLE_SECTION ((size_t)-1)

void cli_report_add(struct report *report, const char *section, size_t index, const char *path,
                    const char *why);
void cli_report_clear(struct report *report);

/* Print the lines to stderr, or as a JSON array into out. */
void cli_report_print(const struct report *report);
void cli_report_put(const struct report *report, struct cm_buf *out);

/* import_member.c: whether a value says nothing, so that nothing is lost without it. */
bool cli_import_is_blank(const cm_json *value);

/* The object that the tools take for a row, owned by the caller. */
enum cm_status cli_import_convert(struct import *import, struct place at, const cm_json *row,
                                  cm_json **out, struct cm_err *err);

/*
 * import_secret.c: hash the passwords of all users, before the transaction, as it takes long; then
 * give a row that was added the secret that it had.  One that Casdoor masked is reported, not
 * taken.
 */
enum cm_status cli_import_hash_passwords(struct import *import, struct cm_err *err);
enum cm_status cli_import_take_password(struct import *import, struct place at, const cm_json *row,
                                        struct cm_err *err);
enum cm_status cli_import_take_secret(struct import *import, struct place at, const cm_json *row,
                                      struct cm_err *err);

#endif
