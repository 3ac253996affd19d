#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli.h"
#include "mcp/endpoint.h"
#include "place.h"
#include "store/audit.h"
#include "store/organization.h"
#include "tools/crud.h"
#include "tools/toolbox.h"

/* The options that there are; a command takes those that its row names. */
enum {
	TAKES_DEMO = 1,
	TAKES_URL = 2,
	TAKES_ENV_FILE = 4,
	TAKES_SCOPE = 8,
	TAKES_CASCADE = 16,
	TAKES_FOLLOW = 32,
	TAKES_SECRETS = 64,
	TAKES_DRY_RUN = 128,
	TAKES_IF_MATCH = 256,
	TAKES_TOKEN = 512,
	TAKES_DIST = 1024
};

/* Whether the database must be there before the command runs. */
enum need { NEEDS_STORE = 0, NEEDS_NOTHING, MAKES_STORE };

struct command {
	const char *noun;
	const char *verb; /* NULL: the noun is the command */
	const char *usage;
	const char *summary;
	int least, most; /* arguments */
	unsigned takes;
	enum need need;
	cli_run *run;
};

static cli_run help, version;

static const struct command commands[] = {
    {"init", NULL, "[--url URL] [--dist FOLDER] [--demo [--env-file FILE]]",
     "Create the database, a signing key and an administrator's client. Again: what is missing. "
     "--dist: in an unpacked archive of `make dist`, which then goes to shared hosting.",
     0, 0, TAKES_URL | TAKES_DIST | TAKES_DEMO | TAKES_ENV_FILE, MAKES_STORE, cli_init},
    {"application", "rotate-secret", "OWNER/NAME",
     "Give an application a new secret; the old one stops working.", 1, 1, 0, NEEDS_STORE,
     cli_application_rotate_secret},
    {"user", "add", "ORGANIZATION/NAME [FIELD=VALUE ...] [--dry-run]",
     "Add a person who can sign in. Asks for a password, or takes the first line of the\n"
     "      input. scopes are what the person may let clients do; read:application unless given.",
     1, CLI_ARGUMENTS_MAX, TAKES_DRY_RUN, NEEDS_STORE, cli_user_add},
    {"user", "set-password", "ORGANIZATION/NAME",
     "Give a person a new password, asked for as by add; ends the person's sessions.", 1, 1, 0,
     NEEDS_STORE, cli_user_set_password},
    {"user", "disable", "ORGANIZATION/NAME",
     "Keep a person from signing in, and end all sessions and tokens in that name.", 1, 1, 0,
     NEEDS_STORE, cli_user_disable},
    {"user", "enable", "ORGANIZATION/NAME", "Let a person sign in again.", 1, 1, 0, NEEDS_STORE,
     cli_user_enable},
    {"audit", NULL, "[--follow] [organization=|tool=|target=|clientId=|since=VALUE ...]",
     "Show the audit trail, the newest first; --follow goes on with what comes.", 0, 8,
     TAKES_FOLLOW, NEEDS_STORE, cli_audit},
    {"export", NULL, "ORGANIZATION [--secrets]",
     "Write all of an organisation as JSON in the shape of Casdoor's init_data; with --secrets, "
     "digests of secrets and passwords too.",
     1, 1, TAKES_SECRETS, NEEDS_STORE, cli_export},
    {"import", NULL, "FILE [--dry-run]",
     "Add what such a file (- for the input) holds, all or nothing, and tell what was not "
     "understood.",
     1, 1, TAKES_DRY_RUN, NEEDS_STORE, cli_import},
    {"key", "list", "", "List signing keys.", 0, 0, 0, NEEDS_STORE, cli_key_list},
    {"key", "rotate", "", "Make a new signing key; tokens of the old one stay good.", 0, 0, 0,
     NEEDS_STORE, cli_key_rotate},
    {"token", "issue", "OWNER/NAME [--scope SCOPES]", "Issue an access token to an application.", 1,
     1, TAKES_SCOPE, NEEDS_STORE, cli_token_issue},
    {"setting", "get", "NAME", "Show a setting.", 1, 1, 0, NEEDS_STORE, cli_setting_get},
    {"setting", "set", "NAME VALUE", "Change a setting.", 2, 2, 0, NEEDS_STORE, cli_setting_set},
    {"setting", "list", "", "List all settings and what they are for.", 0, 0, 0, NEEDS_STORE,
     cli_setting_list},
    {"registration", "rotate-token", "",
     "Make an initial access token for clients that register themselves; the old one stops "
     "working.",
     0, 0, 0, NEEDS_STORE, cli_registration_rotate_token},
    {"migrate", NULL, "", "Bring the database up to date with this program.", 0, 0, 0, NEEDS_STORE,
     cli_migrate},
    {"backup", NULL, "FILE",
     "Write a copy of the database while it is in use. A file that is there is replaced only if it "
     "is a backup too.",
     1, 1, 0, NEEDS_STORE, cli_backup},
    {"restore", NULL, "FILE",
     "Put what a copy holds, its settings and keys too, in the place of all that the database "
     "holds; programs that use it go on. What was revoked since is good again.",
     1, 1, 0, NEEDS_NOTHING, cli_restore},
    {"doctor", NULL, "[--url URL [--token TOKEN]]",
     "Look for what is wrong, and say what mends it: with the database, keys, settings and rights; "
     "with --url, with the web server, as a client meets it. --token - takes the token from the "
     "input. Changes nothing.",
     0, 0, TAKES_URL | TAKES_TOKEN, NEEDS_NOTHING, cli_doctor},
    {"version", NULL, "", "Show the version.", 0, 0, 0, NEEDS_NOTHING, version},
    {"help", NULL, "", "Show this help.", 0, 0, 0, NEEDS_NOTHING, help},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/*
 * What every kind of row has, as far as there is a tool for it: its noun is the entity's name, its
 * fields are the entity's.  For those without a verb of their own above.
 */
static const struct command verbs[] = {
    {NULL, "list", "[ORGANIZATION] [namePrefix=TEXT] [updatedSince=TIME]",
     "List all, or those of an organisation, of such names, changed since a time.", 0, 3, 0,
     NEEDS_STORE, cli_entity_list},
    {NULL, "show", "ID", "Show one with all its fields.", 1, 1, 0, NEEDS_STORE, cli_entity_show},
    {NULL, "add", "ID [FIELD=VALUE ...] [--dry-run]",
     "Add one. VALUE is text; words or JSON where the field is a list of texts, else JSON.", 1,
     CLI_ARGUMENTS_MAX, TAKES_DRY_RUN, NEEDS_STORE, cli_entity_add},
    {NULL, "update", "ID FIELD=VALUE ... [--dry-run]",
     "Change the fields that are given; name=VALUE renames. With --if-match,\n"
     "      only if its updatedTime is still that one.",
     2, CLI_ARGUMENTS_MAX, TAKES_DRY_RUN | TAKES_IF_MATCH, NEEDS_STORE, cli_entity_update},
    {NULL, "delete", "ID [--cascade] [--dry-run]",
     "Delete one; with --cascade, what needs it loses it, or goes with it.", 1, 1,
     TAKES_CASCADE | TAKES_DRY_RUN | TAKES_IF_MATCH, NEEDS_STORE, cli_entity_delete},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

/* The index-th kind of row, NULL after the last. */
static const struct cm_entity *entity_at(size_t index)
{
	const struct cm_tool *tool;

	for (size_t i = 0; (tool = cm_tool_at(&cm_toolbox, i)) != NULL; i++) {
		if (tool->crud != NULL && cli_tool_of(tool->crud->entity->name, "get") == tool &&
		    index-- == 0)
			return tool->crud->entity;
	}
	return NULL;
}

static void print_usage(FILE *out, const struct command *command)
{
	const char *verb = command->verb == NULL ? "" : command->verb;
	const char *space = command->verb == NULL ? "" : " ";

	fprintf(out, "  casement %s%s%s%s%s%s\n      %s\n", command->noun, space, verb,
	        *command->usage == '\0' ? "" : " ", command->usage,
	        (command->takes & TAKES_IF_MATCH) != 0 ? " [--if-match TIME]" : "",
	        command->summary);
}

static enum cm_status help(struct cli *cli, struct cm_err *err)
{
	(void)cli;
	(void)err;
	printf(
	    "Casement: an MCP server with OAuth 2.1 for an application registry.\n\n"
	    "Without arguments and under a web server, it answers FastCGI or CGI requests.\n"
	    "The database is where CASEMENT_DB says, else casement.conf beside the program, else\n"
	    "/etc/casement.conf.\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		print_usage(stdout, &commands[i]);
	printf("\nKIND is one of");
	for (size_t i = 0; entity_at(i) != NULL; i++)
		printf("%s %s", i == 0 ? "" : ",", entity_at(i)->name);
	printf(".\nID is ORGANIZATION/NAME; of an organisation, NAME.\n\n");
	for (size_t i = 0; i < VERBS; i++) {
		struct command command = verbs[i];

		command.noun = "KIND";
		print_usage(stdout, &command);
	}
	printf("\nEvery command takes --json for output that programs read, and --help.\n"
	       "Exit status: 0 done, 1 internal error, 2 not understood, 3 not found,\n"
	       "4 exists already, was changed meanwhile or is needed by others, 5 not allowed,\n"
	       "6 bad value, 7 database trouble, 8 doctor found something wrong.\n");
	return CM_OK;
}

static enum cm_status version(struct cli *cli, struct cm_err *err)
{
	(void)err;
	printf(cli->json ? "{\"version\":\"%s\",\"schema\":%d}\n" : "casement %s (schema %d)\n",
	       CM_VERSION, cm_store_schema_known());
	return CM_OK;
}

/* A verb that all kinds of rows have, for this one. */
static const struct command *find_verb(const char *noun, const char *verb)
{
	static struct command found;

	for (size_t i = 0; i < VERBS; i++) {
		const struct cm_entity *entity;

		if (strcmp(verbs[i].verb, verb) != 0 || cli_tool_of(noun, verb) == NULL)
			continue;
		entity = cli_tool_of(noun, verb)->crud->entity;
		found = verbs[i];
		found.noun = entity->name;
		if (!cm_entity_is_versioned(entity))
			found.takes &= ~(unsigned)TAKES_IF_MATCH;
		return &found;
	}
	return NULL;
}

/* Words that name the command; *used gets how many. */
static const struct command *find(int argc, char **argv, int *used)
{
	for (size_t i = 0; i < COMMANDS && argc > 0; i++) {
		const char *word = strcmp(argv[0], "--version") == 0 ? "version" : argv[0];

		if (strcmp(commands[i].noun, word) != 0)
			continue;
		*used = commands[i].verb == NULL ? 1 : 2;
		if (commands[i].verb == NULL ||
		    (argc > 1 && strcmp(commands[i].verb, argv[1]) == 0))
			return &commands[i];
	}
	*used = 2;
	return argc > 1 ? find_verb(argv[0], argv[1]) : NULL;
}

/* Say what is wrong with words that name no command. */
static enum cm_status refuse(int argc, char **argv, struct cm_err *err)
{
	bool known = cli_tool_of(argv[0], "show") != NULL;

	for (size_t i = 0; i < COMMANDS && !known; i++)
		known = strcmp(commands[i].noun, argv[0]) == 0;
	if (!known)
		return cm_err_set(err, CM_USAGE, "no such command: %s; see `casement help`",
		                  argv[0]);
	if (argc == 1)
		return cm_err_set(err, CM_USAGE, "%s needs a verb; see `casement %s --help`",
		                  argv[0], argv[0]);
	return cm_err_set(err, CM_USAGE, "no such command: %s %s; see `casement %s --help`",
	                  argv[0], argv[1], argv[0]);
}

/* An option with its value: the place for the value, NULL when the command has no such option. */
static const char **value_option(struct cli *cli, const struct command *command, const char *word)
{
	if (strcmp(word, "--url") == 0 && (command->takes & TAKES_URL) != 0)
		return &cli->url;
	if (strcmp(word, "--env-file") == 0 && (command->takes & TAKES_ENV_FILE) != 0)
		return &cli->env_file;
	if (strcmp(word, "--scope") == 0 && (command->takes & TAKES_SCOPE) != 0)
		return &cli->scope;
	if (strcmp(word, "--if-match") == 0 && (command->takes & TAKES_IF_MATCH) != 0)
		return &cli->if_match;
	if (strcmp(word, "--dist") == 0 && (command->takes & TAKES_DIST) != 0)
		return &cli->dist;
	if (strcmp(word, "--token") == 0 && (command->takes & TAKES_TOKEN) != 0)
		return &cli->token;
	return NULL;
}

static enum cm_status parse(struct cli *cli, const struct command *command, int argc, char **argv,
                            struct cm_err *err)
{
	for (int i = 0; i < argc; i++) {
		if (!cm_text_is_utf8(argv[i], strlen(argv[i])))
			return cm_err_set(err, CM_INPUT, "argument %d is not UTF-8", i + 1);
	}
	for (int i = 0; i < argc; i++) {
		const char **value = value_option(cli, command, argv[i]);

		if (value != NULL && *value != NULL)
			return cm_err_set(err, CM_USAGE, "%s: is given twice", argv[i]);
		/* A value that was forgotten: none begins as an option does, and none is empty. */
		if (value != NULL && i + 1 < argc && argv[i + 1][0] != '\0' &&
		    strncmp(argv[i + 1], "--", 2) != 0)
			*value = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			continue;
		else if (strcmp(argv[i], "--demo") == 0 && (command->takes & TAKES_DEMO) != 0)
			cli->demo = true;
		else if (strcmp(argv[i], "--cascade") == 0 && (command->takes & TAKES_CASCADE) != 0)
			cli->cascade = true;
		else if (strcmp(argv[i], "--secrets") == 0 && (command->takes & TAKES_SECRETS) != 0)
			cli->secrets = true;
		else if (strcmp(argv[i], "--dry-run") == 0 && (command->takes & TAKES_DRY_RUN) != 0)
			cli->dry_run = true;
		else if (strcmp(argv[i], "--follow") == 0 && (command->takes & TAKES_FOLLOW) != 0)
			cli->follow = true;
		else if (value != NULL || (argv[i][0] == '-' && argv[i][1] != '\0'))
			return cm_err_set(err, CM_USAGE, "%s: %s", argv[i],
			                  value != NULL ? "needs a value" : "no such option here");
		else if (cli->arguments == command->most)
			return cm_err_set(err, CM_USAGE, "%s: one argument too many", argv[i]);
		else
			cli->argument[cli->arguments++] = argv[i];
	}
	if (cli->arguments < command->least)
		return cm_err_set(err, CM_USAGE, "an argument is missing");
	return CM_OK;
}

static enum cm_status open_store(struct cli *cli, const struct command *command, struct cm_err *err)
{
	struct cm_store *store = NULL;
	struct cm_err why = {0};
	enum cm_status rc;

	if (command->need == NEEDS_NOTHING)
		return CM_OK;
	/* What is wrong with the arguments is said before anything is created. */
	if (cli->url != NULL && (rc = cm_setting_check("issuer", cli->url, err)) != CM_OK)
		return rc;
	rc = cli->dist != NULL ? cli_dist_place(cli, err) : cm_place_database(cli->path, err);
	if (rc != CM_OK)
		return rc;
	cm_context_init(&cli->ctx, cli->path);
	rc = cm_store_open(cli->path, command->need == MAKES_STORE, &store, &why);
	/* SQLite does not tell why it can't open a file. */
	if (rc == CM_STORE && command->need != MAKES_STORE && access(cli->path, R_OK | W_OK) != 0)
		return cm_err_set(err, rc, "can't open the database %s: %s", cli->path,
		                  strerror(errno));
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	cm_context_take_store(&cli->ctx, store);
	rc = cm_context_refresh(&cli->ctx, err);
	/* A command looks at the store for as long as it runs, not at one moment of it. */
	cm_context_rest(&cli->ctx);
	return rc;
}

static int fail(const struct cli *cli, const struct cm_err *err)
{
	struct cm_buf json = {0};

	if (cli->json) {
		cm_json_put_open(&json, '{');
		cm_json_put_member(&json, "error", cm_status_info(err->status)->name);
		cm_json_put_member(&json, "message", err->text);
		cm_json_put_close(&json, '}');
		fprintf(stderr, "%s\n", cm_buf_str(&json));
	} else {
		fprintf(stderr, "casement: ");
		cli_print_text(stderr, err->text);
		fprintf(stderr, "\n");
	}
	cm_buf_clear(&json);
	return cm_status_info(err->status)->exit;
}

static bool has_option(int argc, char **argv, const char *option)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], option) == 0)
			return true;
	}
	return false;
}

/* Whether all output is where it was to go; what failed before, and was forgotten, counts too. */
static enum cm_status end_output(struct cm_err *err)
{
	return fflush(stdout) == 0 && ferror(stdout) == 0
	           ? CM_OK
	           : cm_err_set(err, CM_INTERNAL, "can't write the output");
}

/* Help for one command, for all of a noun, or for all. */
static void show_help(struct cli *cli, const struct command *command, char **argv)
{
	bool any = command != NULL;

	if (command != NULL)
		print_usage(stdout, command);
	for (size_t i = 0; command == NULL && i < COMMANDS; i++) {
		if (strcmp(commands[i].noun, argv[0]) == 0) {
			print_usage(stdout, &commands[i]);
			any = true;
		}
	}
	for (size_t i = 0; command == NULL && i < VERBS; i++) {
		const struct command *verb =
		    find(2, (char *[]){argv[0], (char *)verbs[i].verb}, &(int){0});

		if (verb != NULL && verb->run == verbs[i].run) {
			print_usage(stdout, verb);
			any = true;
		}
	}
	if (!any)
		(void)help(cli, NULL);
}

int cm_command_run(int argc, char **argv)
{
	struct cli cli = {
	    .caller = {.client_id = CM_AUDIT_PROGRAM,
	               .organization = CM_ORGANIZATION_BUILT_IN,
	               .scopes = CM_SCOPE_ALL,
	               .request_id = "",
	               .address = ""},
	};
	const struct command *command;
	struct cm_err err = {0};
	int used = 0, status = 0;
	enum cm_status rc;

	command = find(argc, argv, &used);
	if (has_option(argc, argv, "--help") || has_option(argc, argv, "-h")) {
		show_help(&cli, command, argv);
		return end_output(&err) == CM_OK ? 0 : fail(&cli, &err);
	}
	/* Before anything else, so that whatever is wrong with the rest is said in JSON too. */
	cli.json = has_option(argc, argv, "--json");
	if (command == NULL) {
		(void)refuse(argc, argv, &err);
		return fail(&cli, &err);
	}
	cli.noun = command->noun;
	if ((rc = parse(&cli, command, argc - used, argv + used, &err)) == CM_OK &&
	    (rc = open_store(&cli, command, &err)) == CM_OK)
		rc = command->run(&cli, &err);
	if (rc == CM_OK)
		rc = end_output(&err);
	if (rc != CM_OK)
		status = fail(&cli, &err);
	if (rc == CM_USAGE && !cli.json)
		print_usage(stderr, command);
	if (command->need != NEEDS_NOTHING)
		cm_context_clear(&cli.ctx);
	return status;
}
