#include "auth/libjwt_key.h"

#include <dlfcn.h>
#include <stddef.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#define EXPORTED __attribute__((visibility("default")))

typedef EVP_PKEY *read_pem(BIO *bio, EVP_PKEY **out, pem_password_cb *password, void *arg);

static EVP_PKEY *lent;

void cm_libjwt_key(EVP_PKEY *key)
{
	lent = key;
}

/* The lent key, one reference more of it; else what the function of this name in OpenSSL reads. */
static EVP_PKEY *lend_or_read(read_pem **real, const char *name, BIO *bio, EVP_PKEY **out,
                              pem_password_cb *password, void *arg)
{
	if (lent != NULL && out == NULL)
		return EVP_PKEY_up_ref(lent) == 1 ? lent : NULL;
	/* ISO C has no cast from an object pointer to a function pointer; POSIX says this is one.
	 */
	if (*real == NULL)
		*(void **)real = dlsym(RTLD_NEXT, name);
	return *real == NULL ? NULL : (*real)(bio, out, password, arg);
}

EXPORTED EVP_PKEY *PEM_read_bio_PUBKEY(BIO *bio, EVP_PKEY **out, pem_password_cb *password,
                                       void *arg)
{
	static read_pem *real;

	return lend_or_read(&real, "PEM_read_bio_PUBKEY", bio, out, password, arg);
}

EXPORTED EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **out, pem_password_cb *password,
                                           void *arg)
{
	static read_pem *real;

	return lend_or_read(&real, "PEM_read_bio_PrivateKey", bio, out, password, arg);
}
