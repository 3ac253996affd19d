#ifndef CM_OAUTH_ACCOUNT_H
#define CM_OAUTH_ACCOUNT_H

#include "http/exchange.h"

#define CM_ACCOUNT_PATH "/account"

/* The page on which a person sees what was granted to whom, takes it back, and signs out. */
void cm_oauth_account_get(struct cm_exchange *x);
void cm_oauth_account_post(struct cm_exchange *x);

#endif
