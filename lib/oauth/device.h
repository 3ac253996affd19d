#ifndef CM_OAUTH_DEVICE_H
#define CM_OAUTH_DEVICE_H

#include "http/exchange.h"

#define CM_DEVICE_AUTHORIZATION_PATH "/api/login/oauth/device_authorization"
#define CM_DEVICE_PATH               "/device"

/* POST: a terminal asks for a pair of codes (RFC 8628 section 3.1). */
void cm_oauth_device_authorization_post(struct cm_exchange *x);

/* The page on which a person types in the code that the terminal shows (RFC 8628 section 3.3). */
void cm_oauth_device_get(struct cm_exchange *x);
void cm_oauth_device_post(struct cm_exchange *x);

#endif
