/*
 * Run a target on inputs that are kept, without libFuzzer.
 *
 * usage: TARGET FILE...
 *
 * A find aborts.  Closes with the counts line of all tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"

enum { INPUT_MAX = 1048576 };

static bool replay(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX), *exact;
	FILE *file = fopen(path, "rb");
	size_t size = data != NULL && file != NULL ? fread(data, 1, INPUT_MAX, file) : 0;
	bool whole = file != NULL && !ferror(file) && feof(file);

	/* Its own block, no byte longer, so that a sanitizer sees a step beyond it. */
	exact = whole ? realloc(data, size > 0 ? size : 1) : NULL;
	if (exact != NULL)
		LLVMFuzzerTestOneInput(exact, size);
	else
		fprintf(stderr, "%s: can't be read\n", path);
	free(exact != NULL ? exact : data);
	if (file != NULL)
		fclose(file);
	return exact != NULL;
}

int main(int argc, char **argv)
{
	int out = dup(STDOUT_FILENO), failed = 0;

	for (int i = 1; i < argc; i++) {
		/* The last one named is the one that aborted. */
		fprintf(stderr, "%s\n", argv[i]);
		failed += !replay(argv[i]);
	}
	dprintf(out, "%d passed, %d failed, 0 skipped\n", argc - 1 - failed, failed);
	return failed == 0 && argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
