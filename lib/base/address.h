#ifndef CM_BASE_ADDRESS_H
#define CM_BASE_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/*
 * Whether a socket address is one of the public Internet, by IANA's registries of special-purpose
 * addresses (RFC 6890): no loopback, private, link-local, shared, documentation, multicast or
 * translated one.  An IPv4 address within an IPv6 one is looked at as itself.
 */
bool cm_address_is_public(const struct sockaddr *address);

#endif
