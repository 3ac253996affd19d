#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tools/audit.h"

enum { PAGE = 200, WAIT_S = 1 };

struct listing {
	const struct cli *cli;
	int64_t newest, oldest;
	int64_t rows;
};

static void print_event(const struct cm_audit_event *event, void *arg)
{
	const struct cm_audit *audit = &event->audit;
	struct listing *listing = arg;
	struct cm_buf json = {0};
	char at[CM_CLOCK_TEXT];

	listing->rows++;
	listing->oldest = event->id;
	if (event->id > listing->newest)
		listing->newest = event->id;
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

enum cm_status cli_audit(struct cli *cli, struct cm_err *err)
{
	struct cm_audit_filter filter = {.limit = PAGE};
	struct listing listing = {.cli = cli};
	enum cm_status rc = read_filter(cli, &filter, err);

	/* The newest first, page by page; then, if asked to, what comes. */
	do {
		listing.rows = 0;
		if (rc == CM_OK)
			rc = cm_audit_list(cli->ctx.store, &filter, print_event, &listing, err);
		filter.before_id = listing.oldest;
	} while (rc == CM_OK && listing.rows == PAGE && !cli->follow);
	filter.before_id = 0;
	while (rc == CM_OK && cli->follow) {
		(void)fflush(stdout);
		(void)sleep(WAIT_S);
		filter.after_id = listing.newest;
		rc = cm_audit_list(cli->ctx.store, &filter, print_event, &listing, err);
	}
	return rc;
}
