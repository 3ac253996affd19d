/* Files of `casement import`, as a dry run: nothing stays of one for the next. */
#include <crypt.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fcgi/cli.h"
#include "fuzz.h"
#include "store/organization.h"

static struct cli cli;

/* In the place of libxcrypt's: that takes a tenth of a second, and nothing is looked for in it. */
char *crypt_rn(const char *phrase, const char *setting, void *data, int size)
{
	static const char digest[] = "OepFb0pjMdTGGUtHbZR2DRvLPNCQaMr5tPoUFBCzPpD";

	(void)phrase;
	snprintf(data, (size_t)size, "%s$%s", setting, digest);
	return data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_server *server = fuzz_server();
	struct cm_organization found;
	struct cm_err err = {0};
	char path[64];
	int file;

	fuzz_silence();
	file = memfd_create("import", MFD_CLOEXEC);
	fuzz_must(file >= 0 && write(file, data, size) == (ssize_t)size, "memory");
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	cli = (struct cli){.ctx = server->ctx,
	                   .caller = fuzz_root,
	                   .argument = {path},
	                   .arguments = 1,
	                   .json = true,
	                   .dry_run = true};
	if (cli_import(&cli, &err) != CM_OK)
		fuzz_must(cm_status_info(err.status)->generic == NULL, err.text);
	server->ctx = cli.ctx;
	fuzz_must(cm_organization_get(server->ctx.store, "imported", &found, NULL) == CM_NOT_FOUND,
	          "nothing stays of a dry run");
	close(file);
	return 0;
}
