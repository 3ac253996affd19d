#ifndef CM_TESTS_STORE_FIXTURE_H
#define CM_TESTS_STORE_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "fixture.h"
#include "store/entity.h"
#include "store/store.h"
#include "store/token.h"

/* A store in memory with the organisations built-in, my-org and other-org. */
struct cm_store *fixture_store(void);

/* Write an organisation as it is given, with the defaults of its other fields. */
struct cm_organization;
enum cm_status fixture_organization_insert(struct cm_store *store,
                                           const struct cm_organization *row, struct cm_err *err);

/* Write an organisation of this name. */
void fixture_organization(struct cm_store *store, const char *name);

/* An application owner/name with all columns filled; its client_id is the name. */
void fixture_record(struct cm_record *record, const char *owner, const char *name);

/* Write it. */
enum cm_status fixture_application(struct cm_store *store, const char *owner, const char *name);

/* Write a person as it is given; id and times are not taken over. */
struct cm_user;
enum cm_status fixture_user_insert(struct cm_store *store, const struct cm_user *user,
                                   struct cm_err *err);

/* Write a person owner/name who may grant all; the row's id. */
int64_t fixture_user(struct cm_store *store, const char *owner, const char *name);

/* The id of the row of the application with this client_id. */
int64_t fixture_application_id(struct cm_store *store, const char *client_id);

/* cm_token_insert() for the client that has the token's client_id now. */
enum cm_status fixture_token(struct cm_store *store, const struct cm_token *token,
                             struct cm_err *err);

/* Run SQL text on the store's own connection, as a person with a shell would; false on failure. */
bool fixture_sql(struct cm_store *store, const char *sql);

/* The one integer that a SELECT gives, or -1 on failure. */
int64_t fixture_integer(struct cm_store *store, const char *sql);

/* Whether a SELECT gives exactly this text. */
bool fixture_is_text(struct cm_store *store, const char *sql, const char *text);

/*
 * Let another process run SQL text on the store's file once, at the moment when the store begins
 * its next transaction.  Both texts are borrowed until then.
 */
void fixture_before_write(struct cm_store *store, const char *path, const char *sql);

/* Whether a text that a caller may read says nothing about the database's inside. */
bool fixture_hides_sql(const char *text);

/* A folder of its own for tests with a file. */
struct fixture_folder {
	char folder[64];
	char db[96]; /* path of a file in it; not made yet */
};

void fixture_folder_make(struct fixture_folder *folder);

/* Remove the folder and what is in it. */
void fixture_folder_remove(const struct fixture_folder *folder);

/* Run SQL text on a file through a connection of its own; made when it isn't there. */
bool fixture_file_sql(const char *path, const char *sql);
int64_t fixture_file_integer(const char *path, const char *sql);

/* The whole of a file; *len gets its bytes.  The caller frees it; NULL when it can't be read. */
char *fixture_file_read(const char *path, size_t *len);
void fixture_file_write(const char *path, const void *data, size_t len);

#endif
