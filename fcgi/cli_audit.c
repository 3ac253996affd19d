#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tools/audit.h"

enum { PAGE = 200, WAIT_S = 1 };

struct listing {
	const struct cli *cli;
	int64_t last; /* id */
	int64_t rows;
};

static void print_event(const struct cm_audit_event *event, void *arg)
{
	const struct cm_audit *audit = &event->audit;
	struct listing *listing = arg;
	struct cm_buf json = {0};
	char at[CM_CLOCK_TEXT];

	listing->rows++;
	listing->last = event->id;
	if (listing->cli->json) {
		cm_audit_put(&json, event);
		printf("%s\n", cm_buf_str(&json));
		cm_buf_clear(&json);
		return;
	}
	cm_clock_format(event->at_s, at);
	printf("%s\t%s\t%s\t%s\t%s\t%s\n", at,
	       *audit->user == '\0' ? audit->client_id : audit->user, audit->tool, audit->target,
	       audit->outcome, audit->address);
}

/* FILTER=VALUE */
static enum cm_status read_filter(const struct cli *cli, struct cm_audit_filter *out,
                                  struct cm_err *err)
{
	const struct {
		const char *name;
		const char **slot;
	} filters[] = {
	    {"organization=", &out->organization},
	    {"tool=", &out->tool},
	    {"target=", &out->target},
	    {"clientId=", &out->client_id},
	};

	for (int i = 0; i < cli->arguments; i++) {
		const char *text = cli->argument[i];
		bool known = strncmp(text, "since=", 6) == 0;

		for (int before = 0; before < i; before++) {
			if (strncmp(text, cli->argument[before], strcspn(text, "=") + 1) == 0)
				return cm_err_set(err, CM_USAGE, "%.60s: is given twice", text);
		}
		if (known && !cm_clock_parse(text + 6, &out->since_s))
			return cm_err_set(err, CM_INPUT,
			                  "since: must be a time such as 2026-01-02T03:04:05Z");
		for (size_t f = 0; f < sizeof filters / sizeof *filters; f++) {
			size_t len = strlen(filters[f].name);

			if (strncmp(text, filters[f].name, len) != 0)
				continue;
			*filters[f].slot = text + len;
			known = true;
		}
		if (!known)
			return cm_err_set(
			    err, CM_USAGE,
			    "%.60s: must be organization=, tool=, target=, clientId= or "
			    "since=",
			    text);
	}
	return CM_OK;
}

/* Go on with what comes after a row, until somebody ends the program. */
static enum cm_status follow(struct cli *cli, const struct cm_audit_filter *filter,
                             int64_t after_id, struct cm_err *err)
{
	struct listing listing = {.cli = cli};
	enum cm_status rc = CM_OK;

	while (rc == CM_OK) {
		int64_t newest = 0;

		if (fflush(stdout) != 0)
			return cm_err_set(err, CM_INTERNAL, "can't write the output");
		/* Rows that the filter leaves out are not looked at again. */
		rc = cm_audit_newest(cli->ctx.store, &newest, err);
		do {
			listing.last = after_id;
			listing.rows = 0;
			if (rc == CM_OK)
				rc = cm_audit_list_after(cli->ctx.store, filter, after_id,
				                         print_event, &listing, err);
			after_id = listing.last;
		} while (rc == CM_OK && listing.rows == PAGE);
		if (newest > after_id)
			after_id = newest;
		if (rc == CM_OK)
			(void)sleep(WAIT_S);
	}
	return rc;
}

enum cm_status cli_audit(struct cli *cli, struct cm_err *err)
{
	struct cm_audit_filter filter = {.limit = PAGE};
	struct listing listing = {.cli = cli};
	int64_t newest = 0;
	enum cm_status rc = read_filter(cli, &filter, err);

	if (rc == CM_OK)
		rc = cm_audit_newest(cli->ctx.store, &newest, err);
	filter.before_id = newest + 1;
	/* The newest first, page by page; then, if asked to, what comes. */
	do {
		listing.rows = 0;
		if (rc == CM_OK)
			rc = cm_audit_list(cli->ctx.store, &filter, print_event, &listing, err);
		filter.before_id = listing.last;
	} while (rc == CM_OK && listing.rows == PAGE && !cli->follow);
	return rc == CM_OK && cli->follow ? follow(cli, &filter, newest, err) : rc;
}
