/* Base64 and base64url against OpenSSL: what we write it reads, and what we read it would write. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/encode.h"
#include "fuzz.h"

/* As base64url: other letters, no padding. */
static void to_url(char *text)
{
	for (; *text != '\0' && *text != '='; text++)
		*text = *text == '+' ? '-' : *text == '/' ? '_' : *text;
	*text = '\0';
}

static void check_decode(const char *text, size_t size, bool url)
{
	unsigned char *bytes = malloc(size + 1);
	char *theirs = malloc(size * 2 + 8);
	size_t len = 0;

	fuzz_must(bytes != NULL && theirs != NULL, "memory");
	if (url ? cm_decode_base64url(text, size, bytes, &len)
	        : cm_decode_base64(text, size, bytes, &len)) {
		EVP_EncodeBlock((unsigned char *)theirs, bytes, (int)len);
		if (url)
			to_url(theirs);
		fuzz_must(strlen(theirs) == size && memcmp(theirs, text, size) == 0,
		          "what is read is what OpenSSL writes");
	}
	free(theirs);
	free(bytes);
}

static void check_encode(const uint8_t *data, size_t size)
{
	char *ours = malloc(CM_BASE64URL_SIZE(size)), *theirs = malloc(size * 2 + 8);
	unsigned char *bytes = malloc(CM_BASE64URL_SIZE(size));
	size_t len = 0;

	fuzz_must(ours != NULL && theirs != NULL && bytes != NULL, "memory");
	cm_encode_base64url(data, size, ours);
	EVP_EncodeBlock((unsigned char *)theirs, data, (int)size);
	fuzz_must(cm_decode_base64(theirs, strlen(theirs), bytes, &len) && len == size &&
	              memcmp(bytes, data, size) == 0,
	          "what OpenSSL writes is read");
	to_url(theirs);
	fuzz_must(strcmp(ours, theirs) == 0, "OpenSSL writes the same");
	fuzz_must(cm_decode_base64url(ours, strlen(ours), bytes, &len) && len == size &&
	              memcmp(bytes, data, size) == 0,
	          "what is written is read");
	free(bytes);
	free(theirs);
	free(ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of its own length, without a NUL behind it. */
	check_decode((const char *)data, size, true);
	check_decode((const char *)data, size, false);
	if (size > 0)
		check_encode(data, size);
	return 0;
}
