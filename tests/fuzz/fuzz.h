#ifndef CM_TESTS_FUZZ_H
#define CM_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/context.h"
#include "auth/principal.h"
#include "base/buf.h"

/* What every target has: an input, of libFuzzer's making or out of a file.  Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Say what must hold and did not, and abort, which is how a find is told. */
void fuzz_must(bool holds, const char *what);

/* An input as a string of its own; the caller frees it.  NUL bytes end it for who reads strings. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Cut off the first line; *rest goes behind it.  Returns text. */
char *fuzz_line(char *text, char **rest);

/*
 * A server without a socket: a store in memory with an ES256 key, the organisations built-in and
 * my-org, and the clients built-in/admin (admin), my-org/demo (read and write) and my-org/reader
 * (read), whose client_id is their name and whose secret is FUZZ_SECRET.  Identifiers follow from a
 * number, so that an input does the same each time.
 */
enum fuzz_client { FUZZ_ADMIN, FUZZ_DEMO, FUZZ_READER, FUZZ_CLIENTS };

#define FUZZ_SECRET "secret"

struct fuzz_server {
	struct cm_context ctx;
	char *token[FUZZ_CLIENTS]; /* owned */
};

/* The one of this process; made anew after so many calls that what was written stays bounded. */
struct fuzz_server *fuzz_server(void);

/* Whoever may do all, at the command line. */
extern const struct cm_principal fuzz_root;

/* Hide what the program prints for people. */
void fuzz_silence(void);

#endif
