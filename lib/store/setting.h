#ifndef CM_STORE_SETTING_H
#define CM_STORE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/status.h"
#include "base/url.h"

struct cm_store;

enum { CM_ORIGINS_MAX = 2000, CM_SETTING_TEXT_MAX = 2048 };

/* All settings, each with its default where the store has no row for it. */
struct cm_settings {
	char issuer[CM_URL_MAX + 1]; /* public URL, without a slash at its end */
	char signing_algorithm[8];   /* RS256 or ES256 (RFC 7518 section 3.1) */
	int64_t access_token_lifetime_s;
	int64_t refresh_token_lifetime_s; /* of each; the next one begins anew */
	int64_t session_lifetime_s;       /* of a sign-in in a browser */
	int64_t session_idle_s;           /* of one that is not used */
	char registration[8];             /* who may register clients: off, token or open */
	char registration_token_sha256[CM_SHA256_HEX]; /* of the initial access token; "": none */
	char client_id_metadata_documents[8];          /* on or off */
	char read_only[8];                      /* on: tools change nothing, and nobody registers */
	int64_t token_requests_per_minute;      /* of a client; 0: any number */
	int64_t tool_calls_per_minute;          /* the same */
	char trusted_proxies[CM_ORIGINS_MAX];   /* addresses and ranges, separated by commas */
	char metrics_addresses[CM_ORIGINS_MAX]; /* the same, of who may read /metrics; "": off */
	int64_t audit_retention_days;           /* how long rows of the audit trail stay */
	int64_t max_body_bytes;
	char allowed_origins[CM_ORIGINS_MAX]; /* origins, separated by spaces */
	char log_level[8];                    /* off, error or info */
	char log_target[CM_SETTING_TEXT_MAX]; /* "server", "syslog", or the path of a file */
};

/* What there is to know of a setting, for `casement setting` and the README. */
struct cm_setting_info {
	const char *name;
	const char *fallback;
	const char *description;
};

/* The row of the index-th setting, NULL beyond the last. */
const struct cm_setting_info *cm_setting_info(size_t index);

/* Read all settings.  CM_STORE when one was set, past this program, to what it can't be. */
enum cm_status cm_settings_load(struct cm_store *store, struct cm_settings *out,
                                struct cm_err *err);

/* A word that is another one after each change of a setting or a signing key. */
enum cm_status cm_setting_revision(struct cm_store *store, char out[CM_ID_TEXT],
                                   struct cm_err *err);

/* Whether every setting is the same in both. */
bool cm_settings_equal(const struct cm_settings *a, const struct cm_settings *b);

/* A setting's value as text. CM_NOT_FOUND for an unknown name. */
enum cm_status cm_setting_text(const struct cm_settings *settings, const char *name,
                               char out[CM_SETTING_TEXT_MAX], struct cm_err *err);

/* Check a value without keeping it. Errors as for cm_setting_set(). */
enum cm_status cm_setting_check(const char *name, const char *value, struct cm_err *err);

/*
 * Check a value and keep it; within cm_store_write().  CM_NOT_FOUND for an unknown name, CM_INPUT
 * for a bad value.
 */
enum cm_status cm_setting_set(struct cm_store *store, const char *name, const char *value,
                              struct cm_err *err);

#endif
