/*
 * The least that a FastCGI responder can do: read the body and answer with a fixed number of bytes.
 * What a web server and libfcgi take is measured with it.
 * usage: null BYTES     (of the whole answer, headers of CGI included)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcgiapp.h>

enum { BODY_MAX = 65536, ANSWER_MAX = 1048576 };

int main(int argc, char **argv)
{
	static char body[BODY_MAX], answer[ANSWER_MAX];
	int size = argc > 1 ? atoi(argv[1]) : 0, head;
	FCGX_Request request;

	head = snprintf(answer, sizeof answer,
	                "Status: 200 OK\r\nContent-Type: application/json\r\n\r\n");
	if (size < head || size > ANSWER_MAX) {
		fprintf(stderr, "usage: null BYTES, from %d to %d\n", head, ANSWER_MAX);
		return 2;
	}
	memset(answer + head, 'x', (size_t)(size - head));
	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&request) >= 0) {
		while (FCGX_GetStr(body, sizeof body, request.in) == (int)sizeof body)
			continue;
		FCGX_PutStr(answer, size, request.out);
		FCGX_Finish_r(&request);
	}
	return 0;
}
