#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "doctor/inside.h"
#include "doctor/outside.h"
#include "place.h"

enum { TOKEN_SIZE = 8192 };

/* Findings on their way to the output. */
struct telling {
	bool json;
	struct cm_buf out; /* JSON: all of it */
};

static void tell(const struct cm_check *check, const struct cm_finding *finding, void *arg)
{
	struct telling *telling = arg;

	if (telling->json) {
		cm_finding_put_json(&telling->out, check, finding);
		return;
	}
	/* At once: some checks take a while. */
	cm_finding_put_text(&telling->out, check, finding);
	fputs(cm_buf_str(&telling->out), stdout);
	fflush(stdout);
	cm_buf_reset(&telling->out);
}

/* The first line of the input, where no other user of the machine sees a token. */
static enum cm_status read_token(char out[TOKEN_SIZE], struct cm_err *err)
{
	size_t len = fgets(out, TOKEN_SIZE, stdin) == NULL ? 0 : strcspn(out, "\r\n");

	if (len == 0)
		return cm_err_set(err, CM_INPUT, "no token was given");
	if (len == TOKEN_SIZE - 1)
		return cm_err_set(err, CM_INPUT, "the token is too long");
	out[len] = '\0';
	return CM_OK;
}

static enum cm_status examine(struct cli *cli, struct telling *telling, size_t *wrong,
                              struct cm_err *err)
{
	char token[TOKEN_SIZE];
	enum cm_status rc;

	if (cli->url != NULL && cli->token != NULL && strcmp(cli->token, "-") == 0) {
		if ((rc = read_token(token, err)) != CM_OK)
			return rc;
		cli->token = token;
	}
	if (cli->url != NULL)
		return cm_doctor_outside(cli->url, cli->token, tell, telling, wrong, err);
	if (cli->token != NULL)
		return cm_err_set(err, CM_USAGE, "--token goes with --url");
	if ((rc = cm_place_database(cli->path, err)) == CM_OK)
		*wrong = cm_doctor_inside(cli->path, tell, telling);
	return rc;
}

enum cm_status cli_doctor(struct cli *cli, struct cm_err *err)
{
	struct telling telling = {.json = cli->json};
	size_t wrong = 0;
	enum cm_status rc;

	if (cli->json)
		cm_json_put_open(&telling.out, '[');
	rc = examine(cli, &telling, &wrong, err);
	if (cli->json && rc == CM_OK) {
		cm_json_put_close(&telling.out, ']');
		printf("%s\n", cm_buf_str(&telling.out));
	}
	if (rc == CM_OK)
		rc = cm_buf_status(&telling.out, err);
	cm_buf_clear(&telling.out);
	if (rc == CM_OK && wrong > 0)
		return cm_err_set(err, CM_UNWELL, "%zu of the checks found something wrong", wrong);
	return rc;
}
