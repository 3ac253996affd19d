/*
 * Lists of addresses against inet_pton and a comparison bit by bit.  The input: an address, a line
 * end, a list.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/url.h"
#include "fuzz.h"

/* An address as 16 bytes; 4 or 6, which it was written as, or 0 when it is none. */
static int read_address(const char *text, unsigned char out[16])
{
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	if (inet_pton(AF_INET, text, out + 12) == 1)
		return 4;
	return inet_pton(AF_INET6, text, out) == 1 ? 6 : 0;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
	for (int i = 0; i < bits; i++) {
		if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) != 0)
			return false;
	}
	return true;
}

/* Whether an address is in ADDRESS/BITS; *good: that is a range, of less than 64 bytes. */
static bool in_range(const unsigned char *address, char *range, bool *good)
{
	char *slash = strchr(range, '/'), *end = NULL;
	bool is_short = strlen(range) < 64;
	unsigned char net[16];
	int family, most;
	long bits;

	if (slash != NULL)
		*slash++ = '\0';
	family = read_address(range, net);
	most = family == 4 ? 32 : 128;
	bits = slash == NULL ? most : strtol(slash, &end, 10);
	*good = is_short && family != 0 &&
	        (slash == NULL || (slash[0] != '\0' && *end == '\0' &&
	                           strspn(slash, "0123456789") == strlen(slash)));
	*good = *good && bits <= most;
	return *good && same_bits(address, net, (int)bits + (family == 4 ? 96 : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *list, *address = fuzz_line(text, &list), *cursor,
	     *word;
	bool good, all = true, any = false, is_list = cm_address_is_list(list);
	unsigned char bytes[16], loop[16];
	bool known = read_address(address, bytes) != 0, in = cm_address_in_list(list, address);

	(void)read_address("127.0.0.0", loop);
	fuzz_must(!cm_url_address_is_loopback(address) ||
	              (known && (same_bits(bytes, loop, 104) || strcmp(address, "::1") == 0 ||
	                         memcmp(bytes, &in6addr_loopback, 16) == 0)),
	          "a loopback address is one");
	for (cursor = list; (word = strsep(&cursor, ",")) != NULL;) {
		if (*word == '\0')
			continue;
		word += strspn(word, " ");
		while (*word != '\0' && word[strlen(word) - 1] == ' ')
			word[strlen(word) - 1] = '\0';
		any = (in_range(bytes, word, &good) && known) || any;
		all = all && good;
	}
	fuzz_must(is_list == all, "a list is one of ranges");
	fuzz_must(in == any, "an address is in a list when one range has its bits");
	free(text);
	return 0;
}
