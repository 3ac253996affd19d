#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fixture.h"
#include "suite.h"

static bool is_public4(const char *text)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(443)};

	ASSERT_ROW(text, inet_pton(AF_INET, text, &four.sin_addr) == 1);
	return cm_address_is_public((const struct sockaddr *)&four);
}

static bool is_public6(const char *text)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(443)};

	ASSERT_ROW(text, inet_pton(AF_INET6, text, &six.sin6_addr) == 1);
	return cm_address_is_public((const struct sockaddr *)&six);
}

/* The first and the last address of each range, and the public ones next to them (NULL: none). */
static const struct {
	const char *before, *first, *last, *after;
} ranges4[] = {
    {NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", NULL},
    {NULL, "240.0.0.0", "255.255.255.255", NULL},
};

static void test_ranges4(void)
{
	for (size_t i = 0; i < COUNT_OF(ranges4); i++) {
		ASSERT_ROW(ranges4[i].first, !is_public4(ranges4[i].first));
		ASSERT_ROW(ranges4[i].last, !is_public4(ranges4[i].last));
		if (ranges4[i].before != NULL)
			ASSERT_ROW(ranges4[i].before, is_public4(ranges4[i].before));
		if (ranges4[i].after != NULL)
			ASSERT_ROW(ranges4[i].after, is_public4(ranges4[i].after));
	}
}

static bool is_public_mapped(const char *text)
{
	char mapped[64] = "::ffff:";

	strcat(mapped, text);
	return is_public6(mapped);
}

static void test_mapped(void)
{
	for (size_t i = 0; i < COUNT_OF(ranges4); i++) {
		ASSERT_ROW(ranges4[i].first, !is_public_mapped(ranges4[i].first));
		ASSERT_ROW(ranges4[i].last, !is_public_mapped(ranges4[i].last));
		if (ranges4[i].before != NULL)
			ASSERT_ROW(ranges4[i].before, is_public_mapped(ranges4[i].before));
		if (ranges4[i].after != NULL)
			ASSERT_ROW(ranges4[i].after, is_public_mapped(ranges4[i].after));
	}
}

/* Other ways to write an IPv4 address in an IPv6 one lead to translators, not to the address. */
static void test_translated(void)
{
	static const char *const texts[] = {
	    "::8.8.8.8",        "::127.0.0.1",      "::ffff:0:8.8.8.8",   "::fffe:8.8.8.8",
	    "::1:ffff:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b:1::8.8.8.8",
	    "2002:808:808::1",  "2002:7f00:1::1",   "2001::808:808",      "1::ffff:8.8.8.8",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], !is_public6(texts[i]));
}

static void test_ranges6(void)
{
	static const struct {
		const char *text;
		bool is_public;
	} rows[] = {
	    {"::", false},
	    {"::1", false},
	    {"1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
	    {"2000::", true},
	    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
	    {"2001::", false},
	    {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", false},
	    {"2001:200::", true},
	    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", true},
	    {"2001:db8::", false},
	    {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", false},
	    {"2001:db9::", true},
	    {"2001:4860:4860::8888", true},
	    {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
	    {"2002::", false},
	    {"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
	    {"2003::", true},
	    {"2620:4f:8000::", true},
	    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
	    {"3fff::", false},
	    {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", false},
	    {"3fff:1000::", true},
	    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
	    {"4000::", false},
	    {"100::", false},
	    {"5f00::", false},
	    {"8000::", false},
	    {"fc00::", false},
	    {"fd12:3456:789a::1", false},
	    {"fe80::1", false},
	    {"febf::1", false},
	    {"fec0::1", false},
	    {"ff00::", false},
	    {"ff02::1", false},
	    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].text, is_public6(rows[i].text) == rows[i].is_public);
}

static void test_well_known(void)
{
	static const char *const public4[] = {"1.1.1.1",      "8.8.8.8",      "93.184.216.34",
	                                      "192.31.196.1", "192.175.48.1", "100.0.0.1",
	                                      "172.64.0.1",   "198.50.100.1", "223.0.0.1"};
	static const char *const own4[] = {"127.0.0.1",   "169.254.169.254", "10.1.2.3",
	                                   "192.168.1.1", "255.255.255.255", "0.0.0.0"};

	for (size_t i = 0; i < COUNT_OF(public4); i++)
		ASSERT_ROW(public4[i], is_public4(public4[i]));
	for (size_t i = 0; i < COUNT_OF(own4); i++)
		ASSERT_ROW(own4[i], !is_public4(own4[i]));
}

static void test_other_families(void)
{
	static const sa_family_t families[] = {AF_UNIX, AF_UNSPEC, AF_PACKET, 0xffff};

	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct sockaddr_storage storage;

		memset(&storage, 8, sizeof storage);
		storage.ss_family = families[i];
		CU_ASSERT_FALSE(cm_address_is_public((const struct sockaddr *)&storage));
	}
}

static void test_in_list(void)
{
	static const struct {
		const char *list, *address;
		bool in;
	} rows[] = {
	    {"127.0.0.1", "127.0.0.1", true},
	    {"127.0.0.1", "::ffff:127.0.0.1", true},
	    {"10.0.0.0/8, 127.0.0.0/8", "127.255.255.255", true},
	    {"10.0.0.0/8,127.0.0.0/8", "128.0.0.0", false},
	    {"::1", "127.0.0.1", false},
	    {"::/0", "127.0.0.1", true},
	    {"0.0.0.0/0", "::1", false},
	    {"", "127.0.0.1", false},
	    {"::/0", "", false},
	    {"::/0", "localhost", false},
	    {"::/0", NULL, false},
	    {"", NULL, false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].list,
		           cm_address_in_list(rows[i].list, rows[i].address) == rows[i].in);
}

static const struct cm_test tests[] = {
    {"every special range of IPv4 ends where its registry says", test_ranges4},
    {"an IPv4 address within an IPv6 one is looked at as itself", test_mapped},
    {"a translated address is not public", test_translated},
    {"of IPv6 only the global range is public, less its special parts", test_ranges6},
    {"well-known addresses are what they are known for", test_well_known},
    {"what is no IP address is not public", test_other_families},
    {"an address is in a list by its ranges; what is none, and NULL, is in no list", test_in_list},
};

CM_SUITE(cm_suite_base_address, "base/address", tests);
