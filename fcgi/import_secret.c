#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/password.h"
#include "auth/digest_password.h"
#include "base/crypto.h"
#include "import.h"
#include "store/client.h"

/* What Casdoor writes in the place of a secret that it does not tell: anybody could guess it. */
#define MASK "***"

/* A member of a user, or of its organisation in the file; NULL when it is no text. */
static const char *own_or_organization(const struct import *import, const cm_json *row,
                                       const char *name)
{
	const cm_json *organizations = cm_json_get(import->data, "organizations");
	const cm_json *own = cm_json_get(row, name);

	for (size_t i = 0; cli_import_is_blank(own) && i < cm_json_length(organizations); i++) {
		const cm_json *one = cm_json_at(organizations, i);

		if (strcmp(cli_import_text(one, "name"), cli_import_text(row, "owner")) == 0)
			own = cm_json_get(one, name);
	}
	return own == NULL ? "" : cm_json_string(own);
}

/* A password is taken over as its hash, if that can be verified; others are hashed now. */
static enum cm_status hash_password(struct import *import, size_t index, const cm_json *row,
                                    struct cm_err *err)
{
	const char *password = cli_import_text(row, "password");
	const char *type = own_or_organization(import, row, "passwordType");
	const char *salt = own_or_organization(import, row, "passwordSalt");
	const char *is = cm_password_type(password);
	char *hash = import->hash[index];
	enum cm_status rc = CM_INPUT;

	if (*password == '\0')
		return CM_OK;
	if (strcmp(password, MASK) == 0) {
		cli_report_add(&import->report, "users", index, "password",
		               "is masked; set a new one");
		return CM_OK;
	}
	if (type != NULL && (strcmp(type, "plain") == 0 || *type == '\0'))
		return cm_password_hash(password, hash, err);
	if (is != NULL && type != NULL && strcmp(is, type) == 0 &&
	    snprintf(hash, CM_PASSWORD_HASH_MAX, "%s", password) < CM_PASSWORD_HASH_MAX)
		return CM_OK;
	if (type != NULL && salt != NULL && cm_digest_password_known(type))
		rc = cm_password_from_digest(type, salt, password, hash, NULL);
	if (rc != CM_INPUT)
		return rc == CM_OK ? rc : cm_err_set(err, rc, "a password can't be hashed");
	hash[0] = '\0';
	cli_report_add(&import->report, "users", index, "password",
	               "is of a type that can't be checked; set a new one");
	return CM_OK;
}

enum cm_status cli_import_hash_passwords(struct import *import, struct cm_err *err)
{
	const cm_json *users = cm_json_get(import->data, "users");
	size_t count = cm_json_length(users);
	enum cm_status rc = CM_OK;

	import->hash = calloc(count + 1, sizeof *import->hash);
	if (import->hash == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	for (size_t i = 0; rc == CM_OK && i < count; i++)
		rc = hash_password(import, i, cm_json_at(users, i), err);
	return rc;
}

enum cm_status cli_import_take_password(struct import *import, struct place at, const cm_json *row,
                                        struct cm_err *err)
{
	struct cm_store *store = import->cli->ctx.store;
	struct cm_user user;
	enum cm_status rc;

	if (import->hash[at.index][0] == '\0')
		return CM_OK;
	rc = cm_user_get(store, cli_import_owner(row), cli_import_text(row, "name"), &user, err);
	return rc == CM_OK ? cm_user_set_password(store, user.id, import->hash[at.index], err) : rc;
}

/* The client's secret stays what it is, so that nobody has to be told a new one. */
enum cm_status cli_import_take_secret(struct import *import, struct place at, const cm_json *row,
                                      struct cm_err *err)
{
	const char *digest = cli_import_text(row, CLI_SECRET_DIGEST);
	const char *secret = cli_import_text(row, "clientSecret");
	char made[CM_SHA256_HEX];
	enum cm_status rc = CM_OK;

	if (strcmp(secret, MASK) == 0) {
		cli_report_add(&import->report, at.entity->plural, at.index, "clientSecret",
		               "is masked; make a new one by rotate-secret");
		return CM_OK;
	}
	if (*secret != '\0') {
		rc = cm_crypto_sha256_hex(secret, strlen(secret), made, err);
		digest = made;
	}
	if (rc != CM_OK || *digest == '\0')
		return rc;
	if (strlen(digest) != CM_SHA256_HEX - 1 ||
	    strspn(digest, "0123456789abcdef") != CM_SHA256_HEX - 1) {
		cli_report_add(&import->report, at.entity->plural, at.index, CLI_SECRET_DIGEST,
		               "is no SHA-256 in hexadecimal; make a new secret by rotate-secret");
		return CM_OK;
	}
	return cm_client_set_secret(import->cli->ctx.store, cli_import_owner(row),
	                            cli_import_text(row, "name"), digest, err);
}
