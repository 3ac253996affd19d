#ifndef CM_OAUTH_AUTHORIZE_H
#define CM_OAUTH_AUTHORIZE_H

#include "http/exchange.h"

#define CM_AUTHORIZE_PATH "/login/oauth/authorize"

/*
 * The authorization endpoint (OAuth 2.1 section 4.1): a person signs in, says yes or no, and is
 * sent back to the client.  The pages' forms come back to the same URL, so each step checks the
 * whole request anew and nothing is remembered in between.
 */
void cm_oauth_authorize_get(struct cm_exchange *x);
void cm_oauth_authorize_post(struct cm_exchange *x);

#endif
