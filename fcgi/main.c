#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "command.h"
#include "place.h"
#include "program.h"
#include "responder.h"

/*
 * One program for everything.  It answers a request of CGI when the environment holds one, and
 * requests of FastCGI when it was handed a listening socket; with arguments it is the command line.
 */
static int serve(int (*run)(struct cm_context *ctx))
{
	struct cm_context ctx;
	char path[PATH_MAX];
	struct cm_err err = {0};
	int status;

	cm_log_watch_sighup();
	/* A file that may not grow (RLIMIT_FSIZE) is an error of the store, as a full disk is. */
	(void)signal(SIGXFSZ, SIG_IGN);
	/* Without a path no request can be answered, but each is told so. */
	if (cm_place_database(path, &err) != CM_OK)
		cm_log_error(NULL, "%s", err.text);
	cm_context_init(&ctx, path);
	status = run(&ctx);
	cm_context_clear(&ctx);
	return status;
}

int main(int argc, char **argv)
{
	/* First: a CGI server passes a query without '=' as arguments (RFC 3875 section 4.4). */
	if (getenv("REQUEST_METHOD") != NULL || getenv("GATEWAY_INTERFACE") != NULL)
		return serve(cm_cgi_run);
	if (argc > 1)
		return cm_command_run(argc - 1, argv + 1);
	if (cm_responder_is_fastcgi()) {
		cm_program_set_up_memory(argv);
		return serve(cm_responder_run);
	}
	return cm_command_run(1, (char *[]){"help"});
}
