#include <stdio.h>

#include "cli.h"
#include "doctor/inside.h"
#include "place.h"

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

enum cm_status cli_doctor(struct cli *cli, struct cm_err *err)
{
	struct telling telling = {.json = cli->json};
	enum cm_status rc;
	size_t wrong;

	if ((rc = cm_place_database(cli->path, err)) != CM_OK)
		return rc;
	if (cli->json)
		cm_json_put_open(&telling.out, '[');
	wrong = cm_doctor_inside(cli->path, tell, &telling);
	if (cli->json) {
		cm_json_put_close(&telling.out, ']');
		printf("%s\n", cm_buf_str(&telling.out));
	}
	rc = cm_buf_status(&telling.out, err);
	cm_buf_clear(&telling.out);
	if (rc == CM_OK && wrong > 0)
		return cm_err_set(err, CM_UNWELL, "%zu of the checks found something wrong", wrong);
	return rc;
}
