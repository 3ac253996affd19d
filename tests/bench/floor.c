/*
 * What the libraries take by themselves, with nothing of Casement around them: a signature made and
 * checked by OpenSSL, a row found and a row durably added by SQLite.
 * usage: floor FOLDER     (where the database may be made)
 * Prints a JSON object: microseconds of CPU for each, and rows a second for the durable insert.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sqlite3.h>

enum { SIGNED_BYTES = 600, SECONDS = 2, ROWS = 100000 };

static void fail(const char *what)
{
	fprintf(stderr, "floor: %s failed\n", what);
	exit(1);
}

static double now_s(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Do it for a while; microseconds of this process's CPU for each time, and times a second. */
static double measure(void (*once)(void *arg), void *arg, double *rate)
{
	double cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID), start_s = now_s(CLOCK_MONOTONIC), wall_s;
	long times = 0;

	do {
		for (int i = 0; i < 20; i++)
			once(arg);
		times += 20;
		wall_s = now_s(CLOCK_MONOTONIC) - start_s;
	} while (wall_s < SECONDS);
	*rate = (double)times / wall_s;
	return (now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s) * 1e6 / (double)times;
}

struct signing {
	EVP_PKEY *key;
	unsigned char text[SIGNED_BYTES], signature[512];
	size_t length;
};

static void sign(void *arg)
{
	struct signing *s = arg;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	s->length = sizeof s->signature;
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, s->key) != 1 ||
	    EVP_DigestSign(ctx, s->signature, &s->length, s->text, sizeof s->text) != 1)
		fail("signing");
	EVP_MD_CTX_free(ctx);
}

static void verify(void *arg)
{
	struct signing *s = arg;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, s->key) != 1 ||
	    EVP_DigestVerify(ctx, s->signature, s->length, s->text, sizeof s->text) != 1)
		fail("verifying");
	EVP_MD_CTX_free(ctx);
}

struct rows {
	sqlite3 *db;
	sqlite3_stmt *find, *add;
	sqlite3_int64 at;
};

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
	    SQLITE_OK)
		fail(sql);
	return statement;
}

static void find(void *arg)
{
	struct rows *rows = arg;

	rows->at = (rows->at * 7919 + 1) % ROWS;
	sqlite3_bind_int64(rows->find, 1, rows->at);
	if (sqlite3_step(rows->find) != SQLITE_ROW)
		fail("finding a row");
	sqlite3_reset(rows->find);
}

/* A transaction of its own, on the disk before it returns. */
static void add(void *arg)
{
	struct rows *rows = arg;

	if (sqlite3_step(rows->add) != SQLITE_DONE)
		fail("adding a row");
	sqlite3_reset(rows->add);
}

static void open_rows(struct rows *rows, const char *folder)
{
	char path[4096], fill[200];

	snprintf(path, sizeof path, "%s/floor.db", folder);
	snprintf(fill, sizeof fill,
	         "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d)"
	         " INSERT INTO t SELECT i, hex(randomblob(150)) FROM n",
	         ROWS);
	(void)unlink(path);
	if (sqlite3_open(path, &rows->db) != SQLITE_OK ||
	    sqlite3_exec(rows->db,
	                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	                 "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",
	                 NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(rows->db, fill, NULL, NULL, NULL) != SQLITE_OK)
		fail("making a database");
	rows->find = prepare(rows->db, "SELECT text FROM t WHERE id = ?");
	rows->add = prepare(rows->db, "INSERT INTO t (text) VALUES (hex(randomblob(150)))");
	rows->at = 0;
}

static void close_rows(struct rows *rows, const char *folder)
{
	char path[4096];

	sqlite3_finalize(rows->find);
	sqlite3_finalize(rows->add);
	sqlite3_close(rows->db);
	snprintf(path, sizeof path, "%s/floor.db", folder);
	(void)unlink(path);
}

int main(int argc, char **argv)
{
	double rs256_sign, rs256_verify, es256_sign, es256_verify, select, insert, rate, inserts;
	struct signing rsa = {.key = EVP_RSA_gen(2048)}, ec = {.key = EVP_EC_gen("P-256")};
	struct rows rows;

	if (argc != 2 || rsa.key == NULL || ec.key == NULL)
		fail("usage: floor FOLDER");
	rs256_sign = measure(sign, &rsa, &rate);
	rs256_verify = measure(verify, &rsa, &rate);
	es256_sign = measure(sign, &ec, &rate);
	es256_verify = measure(verify, &ec, &rate);
	open_rows(&rows, argv[1]);
	select = measure(find, &rows, &rate);
	insert = measure(add, &rows, &inserts);
	close_rows(&rows, argv[1]);
	printf("{\"rs256_sign_us\":%.1f,\"rs256_verify_us\":%.1f,\"es256_sign_us\":%.1f,"
	       "\"es256_verify_us\":%.1f,\"select_us\":%.2f,\"insert_us\":%.1f,"
	       "\"inserts_per_s\":%.0f}\n",
	       rs256_sign, rs256_verify, es256_sign, es256_verify, select, insert, inserts);
	EVP_PKEY_free(rsa.key);
	EVP_PKEY_free(ec.key);
	return 0;
}
