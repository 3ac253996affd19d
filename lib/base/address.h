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

/*
 * Whether a text is a list of IP addresses and CIDR ranges (RFC 4632, RFC 4291 section 2.3),
 * separated by commas.  "" is one.
 */
bool cm_address_is_list(const char *list);

/*
 * Whether a textual address is in such a list.  An IPv4 address within an IPv6 one is itself; NULL,
 * and what is no address, is in no list.
 */
bool cm_address_in_list(const char *list, const char *address);

#endif
