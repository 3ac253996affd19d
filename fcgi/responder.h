#ifndef CM_FCGI_RESPONDER_H
#define CM_FCGI_RESPONDER_H

#include <stdbool.h>

#include "auth/context.h"

/* Whether standard input is the listening socket that a FastCGI server hands over. */
bool cm_responder_is_fastcgi(void);

/*
 * Answer FastCGI requests, those together that came together (cm_answer_work()), until SIGTERM,
 * which lets those in hand finish, or until the store is of a newer program: that one takes over in
 * this process where it has taken this program's place on the disk, else the web server starts it.
 * Returns the exit status.
 */
int cm_responder_run(struct cm_context *ctx);

/* Answer the one request of a CGI process (RFC 3875). Returns the exit status. */
int cm_cgi_run(struct cm_context *ctx);

#endif
