#include "auth/verified.h"

#include <stdlib.h>
#include <string.h>

/* A digest is uniform already; two of its bytes pick the slot. */
static size_t slot_of(const unsigned char digest[CM_SHA256_BYTES])
{
	return (digest[0] * 256u + digest[1]) % CM_VERIFIED_SLOTS;
}

struct cm_verified_token *cm_verified_get(const struct cm_verified *table,
                                          const unsigned char digest[CM_SHA256_BYTES])
{
	struct cm_verified_slot *slot;

	if (table->slot == NULL)
		return NULL;
	slot = &table->slot[slot_of(digest)];
	return slot->used && memcmp(slot->digest, digest, CM_SHA256_BYTES) == 0 ? &slot->token
	                                                                        : NULL;
}

void cm_verified_put(struct cm_verified *table, const unsigned char digest[CM_SHA256_BYTES],
                     const struct cm_verified_token *token)
{
	struct cm_verified_slot *slot;

	if (table->slot == NULL)
		table->slot = calloc(CM_VERIFIED_SLOTS, sizeof *table->slot);
	if (table->slot == NULL)
		return;
	slot = &table->slot[slot_of(digest)];
	memcpy(slot->digest, digest, CM_SHA256_BYTES);
	slot->token = *token;
	slot->used = true;
}

void cm_verified_clear(struct cm_verified *table)
{
	free(table->slot);
	table->slot = NULL;
}
