#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

/* IANA IPv4 Special-Purpose Address Registry, and multicast and reserved addresses. */
static const struct {
	unsigned char net[4];
	int bits;
} special4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},  {{192, 0, 0, 0}, 24},  {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4},
};

/* IANA IPv6 Special-Purpose Address Registry, as far as it is within the global 2000::/3. */
static const struct {
	unsigned char net[8];
	int bits;
} special6[] = {
    {{0x20, 0x01, 0, 0}, 23},       /* 2001::/23, Teredo and protocols */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff}, 20},             /* documentation */
};

static bool is_within(const unsigned char *address, const unsigned char *net, int bits)
{
	int bytes = bits / 8, rest = bits % 8;
	unsigned mask = (0xff00u >> rest) & 0xffu;

	return memcmp(address, net, (size_t)bytes) == 0 &&
	       (rest == 0 || (address[bytes] & mask) == (net[bytes] & mask));
}

static bool is_public4(const unsigned char address[4])
{
	for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++) {
		if (is_within(address, special4[i].net, special4[i].bits))
			return false;
	}
	return true;
}

static bool is_public6(const unsigned char address[16])
{
	static const unsigned char global[1] = {0x20}, mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (memcmp(address, mapped, sizeof mapped) == 0)
		return is_public4(address + sizeof mapped);
	if (!is_within(address, global, 3))
		return false;
	for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++) {
		if (is_within(address, special6[i].net, special6[i].bits))
			return false;
	}
	return true;
}

bool cm_address_is_public(const struct sockaddr *address)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof four);
		return is_public4((const unsigned char *)&four.sin_addr);
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof six);
		return is_public6(six.sin6_addr.s6_addr);
	}
	return false;
}

/* An address in the form of IPv6, with the range's length in its 128 bits. */
struct range {
	unsigned char net[16];
	int bits;
};

static bool parse_address(const char *text, struct range *out)
{
	unsigned char four[4];

	memset(out->net, 0, sizeof out->net);
	out->bits = 128;
	if (inet_pton(AF_INET6, text, out->net) == 1)
		return true;
	if (inet_pton(AF_INET, text, four) != 1)
		return false;
	out->net[10] = out->net[11] = 0xff;
	memcpy(out->net + 12, four, sizeof four);
	return true;
}

/* ADDRESS or ADDRESS/BITS, with blanks around it. */
static bool parse_range(const char *text, size_t len, struct range *out)
{
	char copy[64], *slash, *end = NULL;
	bool four;
	long bits;

	for (; len > 0 && *text == ' '; text++)
		len--;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len >= sizeof copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	four = strchr(copy, ':') == NULL;
	slash = strchr(copy, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (!parse_address(copy, out))
		return false;
	if (slash == NULL)
		return true;
	if (*slash < '0' || *slash > '9')
		return false;
	bits = strtol(slash, &end, 10);
	if (*end != '\0' || bits > (four ? 32 : 128))
		return false;
	out->bits = (int)bits + (four ? 96 : 0);
	return true;
}

bool cm_address_is_list(const char *list)
{
	struct range range;
	const char *word;
	size_t len;

	while ((word = cm_text_word(&list, ",", &len)) != NULL) {
		if (!parse_range(word, len, &range))
			return false;
	}
	return true;
}

bool cm_address_in_list(const char *list, const char *address)
{
	struct range range, one;
	const char *word;
	size_t len;

	if (address == NULL || !parse_address(address, &one))
		return false;
	while ((word = cm_text_word(&list, ",", &len)) != NULL) {
		if (parse_range(word, len, &range) && is_within(one.net, range.net, range.bits))
			return true;
	}
	return false;
}
