/*
 * Records of FastCGI into the responder, through a socket.  The input: k (the web server reads the
 * answer) or anything else (it is gone by then), then the bytes that it sends.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi/responder.h"
#include "fuzz.h"

/* Answers to more than these bytes could fill the socket, which nobody empties meanwhile. */
enum { READ_MAX = 1024, GONE_MAX = 16384 };

static struct sockaddr_un address;

/*
 * libfcgi loses 48 bytes a management record of a type unknown to it; no web server sends any.
 * GCC's sanitizer is a library, which finds only what the program shows.
 */
#define SHOWN __attribute__((visibility("default")))
SHOWN const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfcgi.so";
}

/* Nor does it report what it left out. */
SHOWN const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

/* Descriptor 0 is the listening socket, as a web server hands it over. */
static void start_listening(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	/* In the abstract namespace: no file. */
	address.sun_family = AF_UNIX;
	snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "casement-fuzz-%ld",
	         (long)getpid());
	fuzz_must(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
	              listen(fd, 1) == 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO,
	          "a socket listens");
	if (fd != STDIN_FILENO)
		close(fd);
}

/*
 * Whether a name or a value could be said to have 16 MiB or more: libfcgi adds two such lengths up
 * in an int and believes the sum (CVE-2025-23016).  Only the web server can send records.
 */
static bool is_beyond_libfcgi(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] > 0x80)
			return true;
	}
	return false;
}

/* Send bytes to the responder, which runs until no more can come, and read what it answers. */
static size_t exchange(const uint8_t *data, size_t size, bool reads, char *out, size_t room)
{
	struct fuzz_server *server = fuzz_server();
	size_t len = 0;
	ssize_t got;
	int client;

	start_listening();
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fuzz_must(client >= 0 &&
	              connect(client, (struct sockaddr *)&address, sizeof address) == 0 &&
	              send(client, data, size, MSG_NOSIGNAL) == (ssize_t)size,
	          "the socket takes the input");
	shutdown(client, reads ? SHUT_WR : SHUT_RDWR);
	shutdown(STDIN_FILENO, SHUT_RDWR);
	(void)cm_responder_run(&server->ctx);
	close(STDIN_FILENO);
	while (reads && len < room && (got = read(client, out + len, room - len)) > 0)
		len += (size_t)got;
	close(client);
	return len;
}

/* A target that nobody listens to finds nothing. */
static void must_be_heard(void)
{
	static const char request[] = "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"
	                              "\1\4\0\1\0\53\0\0"
	                              "\16\3REQUEST_METHODGET"
	                              "\13\13REQUEST_URI/api/health"
	                              "\1\4\0\1\0\0\0\0\1\5\0\1\0\0\0\0";
	static bool heard;
	char answer[4096];
	size_t len;

	if (heard)
		return;
	heard = true;
	len = exchange((const uint8_t *)request, sizeof request - 1, true, answer, sizeof answer);
	fuzz_must(memmem(answer, len, "Status: 200", 11) != NULL, "the responder answers");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool reads = size > 0 && data[0] == 'k';
	char sink[4096];

	if (size == 0 || size > (reads ? READ_MAX : GONE_MAX) || is_beyond_libfcgi(data, size))
		return 0;
	must_be_heard();
	(void)exchange(data + 1, size - 1, reads, sink, sizeof sink);
	return 0;
}
