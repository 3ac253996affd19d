#ifndef CM_FCGI_CLI_H
#define CM_FCGI_CLI_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "auth/context.h"
#include "auth/principal.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/json.h"

/* Only for the files of the command line. */

enum { CLI_ARGUMENTS_MAX = 130 };

/* What names are made of; the end of a sentence. */
#define CLI_NAMES                                                                                  \
	"; names have at most 100 letters, digits, '.', '_' and '-', and don't begin with '.' or " \
	"'-'"

/* What was asked for, taken apart. */
struct cli {
	struct cm_context ctx;      /* its store is open unless the command needs none */
	char path[PATH_MAX];        /* of the database */
	struct cm_principal caller; /* the person at the terminal: built-in, with all scopes */
	const char *argument[CLI_ARGUMENTS_MAX];
	int arguments;
	const char *noun;
	bool json;
	bool demo;
	bool cascade;
	bool follow;
	bool secrets;
	bool dry_run;
	const char *url;
	const char *env_file;
	const char *scope;
	const char *if_match;
	const char *dist;
	const char *token;
};

typedef enum cm_status cli_run(struct cli *cli, struct cm_err *err);

/* cli_registry.c: the same for every entity; which one it is, cli->noun says */
cli_run cli_entity_add, cli_entity_list, cli_entity_show, cli_entity_update, cli_entity_delete,
    cli_application_rotate_secret;

/* cli_fields.c */
enum { CLI_NAME_SIZE = 64 };

/* Take NAME=VALUE apart; the value (borrowed), NULL when it has no such form. */
const char *cli_pair(const char *pair, char name[CLI_NAME_SIZE]);

/*
 * Put FIELD=VALUE into an object: text where the field is a string; for lists of strings words too;
 * else JSON.  CM_USAGE for another form, a field that the object has, and one that is secret;
 * CM_INPUT, CM_NOMEM.
 */
enum cm_status cli_field_set(const struct cm_entity *entity, cm_json *object, const char *pair,
                             struct cm_err *err);

/* The same with all arguments but the first. */
enum cm_status cli_fields_read(const struct cli *cli, const struct cm_entity *entity,
                               cm_json *object, struct cm_err *err);

/* Whether these have a value for the field of this FIELD=VALUE. */
bool cli_is_given(const struct cli *cli, const char *pair);

/* cli_user.c */
cli_run cli_user_add, cli_user_set_password, cli_user_disable, cli_user_enable;

/* cli_audit.c */
cli_run cli_audit;

/* cli_export.c, cli_import.c */
cli_run cli_export, cli_import;

/* The entities of an export, which Casdoor's init_data.json has too; what refers comes later. */
extern const struct cm_entity *const cli_sections[];

#define CLI_SECRET_DIGEST "clientSecretSha256"

/* cli_server.c */
cli_run cli_key_list, cli_key_rotate, cli_token_issue, cli_setting_get, cli_setting_set,
    cli_setting_list, cli_registration_rotate_token, cli_migrate;

/* cli_server.c: make a key for the algorithm that is set, and retire the one before it. */
enum cm_status cli_new_key(struct cli *cli, struct cm_err *err);

/* cli_backup.c */
cli_run cli_backup, cli_restore;
/* cli_doctor.c */
cli_run cli_doctor;

/* cli_init.c */
cli_run cli_init;

/* The clients that init makes. */
enum { CLI_ADMIN, CLI_DEMO, CLI_SEEDS };

/* The credentials of one of them. */
struct cli_credentials {
	char client_id[CM_CLIENT_ID_MAX + 1];
	char secret[CM_SECRET_TEXT]; /* "" when it was there before and kept its own */
};

/*
 * cli_env.c, for init --env-file: read what a file for shells has of credentials ("" where it has
 * none) and, into others, its lines about anything else.  A file that isn't there has nothing;
 * CM_STORE when one can't be read, or could not be replaced.
 */
enum cm_status cli_env_read(const char *path, struct cli_credentials known[CLI_SEEDS],
                            struct cm_buf *others, struct cm_err *err);

/* Replace cli->env_file: the URLs, the secrets that were made or else known, and others. */
enum cm_status cli_env_write(struct cli *cli, const struct cli_credentials known[CLI_SEEDS],
                             const struct cli_credentials made[CLI_SEEDS],
                             const struct cm_buf *others, struct cm_err *err);

/*
 * cli_dist.c, for init --dist: put into cli->path where the folder that goes to shared hosting
 * keeps its database, and make the folder for it; CM_INPUT when cli->dist is no such folder.
 */
enum cm_status cli_dist_place(struct cli *cli, struct cm_err *err);

/* Tell what to do with that folder. */
void cli_dist_tell(const struct cli *cli);

/* Run work and write an audit row about it, in one transaction. */
enum cm_status cli_change(struct cli *cli, const char *tool, const char *target,
                          cm_store_work *work, void *arg, struct cm_err *err);

/* The tool behind a verb for a kind of row: "add", "delete" ...; NULL when there is none. */
const struct cm_tool *cli_tool_of(const char *kind, const char *verb);

/* Call a tool of the server; its JSON goes to out. */
enum cm_status cli_call_tool(struct cli *cli, const char *tool, const cm_json *arguments,
                             struct cm_buf *out, struct cm_err *err);

/*
 * Add what the command line names with its fields.  fallback: FIELD=VALUE unless the command line
 * says otherwise; field, value: one more.  Each may be NULL.
 */
enum cm_status cli_add(struct cli *cli, const char *fallback, const char *field, const char *value,
                       struct cm_err *err);

/*
 * Change what the command line names, by its fields and one more (field NULL: none).  Takes over
 * value, which is NULL only when there was no memory for it: CM_NOMEM.
 */
enum cm_status cli_update(struct cli *cli, const char *field, cm_json *value, struct cm_err *err);

/* Print a text for people, with question marks for the characters that control a terminal. */
void cli_print_text(FILE *out, const char *text);

/* Print JSON text as it is, or for people: a member a line. */
enum cm_status cli_print_object(const struct cli *cli, const char *json, struct cm_err *err);

#endif
