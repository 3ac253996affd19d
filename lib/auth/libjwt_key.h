#ifndef CM_AUTH_LIBJWT_KEY_H
#define CM_AUTH_LIBJWT_KEY_H

#include <openssl/types.h>

/*
 * libjwt 1.10 takes a key as PEM text and has OpenSSL read it again for every token, which takes
 * many times as long as checking a signature.
 *
 * The program has PEM_read_bio_PUBKEY() and PEM_read_bio_PrivateKey() of its own, which the dynamic
 * linker finds before OpenSSL's.  They pass every call on, except while a key is lent: then they
 * give that key, read already, in place of the text.  What the token must fulfil is still libjwt's
 * to judge.  Where the program's functions were not found first, libjwt reads the text as ever.
 *
 * key: what libjwt would read from the text that it is given (borrowed until NULL is lent);
 * NULL: none.
 */
void cm_libjwt_key(EVP_PKEY *key);

#endif
