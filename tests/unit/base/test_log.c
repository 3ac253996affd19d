#include "base/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "fixture.h"
#include "suite.h"

static void keep(const char *line, void *arg)
{
	cm_buf_puts(arg, line);
}

/* Let lines go to a buffer, at a fixed second, with the level and target of a fresh process. */
static void begin(struct cm_buf *lines)
{
	cm_clock_fix(0);
	cm_log_configure("error", "server");
	cm_log_sink(keep, lines);
}

/* The one line that was logged, as JSON; the caller frees it.  NULL when it isn't one such line. */
static cm_json *only_line(const struct cm_buf *lines)
{
	const char *end = strchr(cm_buf_str(lines), '\n');
	cm_json *json = NULL;

	if (end == NULL || end[1] != '\0')
		return NULL;
	(void)cm_json_parse(lines->data, lines->len, &json, NULL);
	return json;
}

static void test_line(void)
{
	struct cm_buf lines = {0};

	begin(&lines);
	cm_log_error("r1", "%s: %d", "disk", 5);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&lines),
	                       "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"error\","
	                       "\"request_id\":\"r1\",\"message\":\"disk: 5\"}\n");
	cm_buf_reset(&lines);
	cm_log_error(NULL, "text");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&lines),
	                       "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"error\","
	                       "\"message\":\"text\"}\n");
	cm_buf_clear(&lines);
}

static void test_members(void)
{
	struct cm_buf lines = {0}, line;

	begin(&lines);
	cm_log_begin(&line, CM_LOG_INFO, "r2");
	cm_json_put_name(&line, "status");
	cm_json_put_integer(&line, 200);
	cm_log_end(&line);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&lines),
	                       "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"info\","
	                       "\"request_id\":\"r2\",\"status\":200}\n");
	CU_ASSERT_PTR_NULL(line.data);
	cm_buf_clear(&lines);
}

/* Whoever can make a text be logged can't make it look like a line or a member of its own. */
static void test_one_line(void)
{
	static const char text[] = "a\nb\r\n\"}\n{\"level\":\"x\t\x1b[31m\x01\\";
	struct cm_buf lines = {0};
	cm_json *json;

	begin(&lines);
	cm_log_error("r\n1\"", "%s", text);
	json = only_line(&lines);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(json, "message")), text);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(json, "request_id")), "r\n1\"");
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(json, "level")), "error");
	cm_json_free(json);
	cm_buf_clear(&lines);
}

static void test_long_text(void)
{
	struct cm_buf lines = {0};
	const char *message;
	char text[5000];
	cm_json *json;

	/* Two-byte characters: the cut goes through one of them. */
	for (size_t i = 0; i + 1 < sizeof text; i++)
		text[i] = i % 2 == 0 ? '\xc3' : '\xbc';
	text[sizeof text - 1] = '\0';
	begin(&lines);
	cm_log_error("r1", "%s", text);
	json = only_line(&lines);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	message = cm_json_string(cm_json_get(json, "message"));
	CU_ASSERT_TRUE(strlen(message) > 500 && strlen(message) < sizeof text);
	cm_json_free(json);
	cm_buf_clear(&lines);
}

static void test_bytes(void)
{
	struct cm_buf lines = {0};
	cm_json *json;

	begin(&lines);
	cm_log_error(NULL, "%s", "a\xff\xc3 b\xed\xa0\x80");
	json = only_line(&lines);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(json, "message")), "a?? b???");
	cm_json_free(json);
	cm_buf_clear(&lines);
}

static void test_text_is_no_format(void)
{
	struct cm_buf lines = {0};

	begin(&lines);
	cm_log_error("%s%n", "%s", "%s%n");
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(cm_buf_str(&lines), "\"request_id\":\"%s%n\",\"message\":\"%s%n\""));
	cm_buf_clear(&lines);
}

static void test_levels(void)
{
	static const struct {
		const char *level;
		bool error, info;
	} rows[] = {
	    {"off", false, false},     {"error", true, false}, {"info", true, true},
	    {"nonsense", true, false}, {"", true, false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf lines = {0};

		begin(&lines);
		cm_log_configure(rows[i].level, "server");
		ASSERT_ROW(rows[i].level, cm_log_wants(CM_LOG_ERROR) == rows[i].error);
		ASSERT_ROW(rows[i].level, cm_log_wants(CM_LOG_INFO) == rows[i].info);
		cm_log_error(NULL, "text");
		ASSERT_ROW(rows[i].level, (lines.len > 0) == rows[i].error);
		cm_buf_clear(&lines);
	}
	cm_log_configure("error", "server");
}

/* The lines of a file: how many bytes of it are in out; -1 when it can't be read. */
static long read_file(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t len;

	if (file == NULL)
		return -1;
	len = fread(out, 1, size - 1, file);
	out[len] = '\0';
	fclose(file);
	return (long)len;
}

static void test_file(void)
{
	char folder[] = "/tmp/casement-log-XXXXXX", path[64], moved[64], text[1000];
	struct cm_buf lines = {0};
	struct stat st;
	mode_t mask;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/log", folder);
	snprintf(moved, sizeof moved, "%s/log.1", folder);
	begin(&lines);
	cm_log_configure("error", path);
	mask = umask(0);
	cm_log_error(NULL, "one");
	umask(mask);
	cm_log_error(NULL, "two");
	CU_ASSERT_TRUE(read_file(path, text, sizeof text) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"one\"}\n{"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"two\"}\n"));
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);

	/* Moved away between two lines, as logrotate does: the next file begins with SIGHUP. */
	CU_ASSERT_EQUAL(rename(path, moved), 0);
	cm_log_error(NULL, "three");
	CU_ASSERT_EQUAL(read_file(path, text, sizeof text), -1);
	cm_log_watch_sighup();
	CU_ASSERT_EQUAL(raise(SIGHUP), 0);
	cm_log_error(NULL, "four");
	cm_log_error(NULL, "five");
	CU_ASSERT_TRUE(read_file(path, text, sizeof text) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"four\"}\n{"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"five\"}\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "three"));
	CU_ASSERT_TRUE(read_file(moved, text, sizeof text) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "three"));
	CU_ASSERT_EQUAL(lines.len, 0);

	cm_log_configure("error", "server");
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(unlink(moved), 0);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	cm_buf_clear(&lines);
}

/* How often a word is in a text. */
static int occurrences(const char *text, const char *word)
{
	int count = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		count++;
	return count;
}

static void test_file_that_cannot_be_written(void)
{
	char folder[] = "/tmp/casement-log-XXXXXX", path[64], text[1000];
	struct cm_buf lines = {0};

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/later/log", folder);
	begin(&lines);
	cm_log_configure("error", path);
	cm_log_error(NULL, "one");
	cm_log_error(NULL, "two");
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "\"one\"}\n{"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "\"two\"}\n"));
	CU_ASSERT_EQUAL(occurrences(cm_buf_str(&lines), "can't write"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "/later/log: No such file or directory"));

	/* Good again, then bad again: said again. */
	cm_buf_reset(&lines);
	snprintf(path, sizeof path, "%s/later", folder);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	cm_log_error(NULL, "three");
	CU_ASSERT_EQUAL(lines.len, 0);
	snprintf(path, sizeof path, "%s/later/log", folder);
	CU_ASSERT_TRUE(read_file(path, text, sizeof text) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "three"));
	cm_log_configure("error", folder);
	cm_log_error(NULL, "four");
	CU_ASSERT_EQUAL(occurrences(cm_buf_str(&lines), "can't write"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "\"four\"}\n"));

	/* What is open and stops taking lines. */
	cm_buf_reset(&lines);
	cm_log_configure("error", "/dev/full");
	cm_log_error(NULL, "five");
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "No space left"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "\"five\"}\n"));

	cm_log_configure("error", "server");
	CU_ASSERT_EQUAL(unlink(path), 0);
	snprintf(path, sizeof path, "%s/later", folder);
	CU_ASSERT_EQUAL(rmdir(path), 0);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	cm_buf_clear(&lines);
}

/* Let files have so many bytes at most; what it was before. */
static rlim_t limit_files(rlim_t most)
{
	struct rlimit limit;
	rlim_t before;

	CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = most;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
	return before;
}

/* The disk is full within a line. */
static void test_no_room_for_all_of_a_line(void)
{
	char folder[] = "/tmp/casement-log-XXXXXX", path[64], text[1000];
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
	struct cm_buf lines = {0};
	rlim_t most;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/log", folder);
	begin(&lines);
	cm_log_configure("error", path);
	cm_log_error(NULL, "one");
	most = limit_files((rlim_t)read_file(path, text, sizeof text) + 20);
	cm_log_error(NULL, "two");
	limit_files(most);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "\"two\"}\n"));
	cm_log_error(NULL, "three");
	CU_ASSERT_TRUE(read_file(path, text, sizeof text) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"one\"}\n{\"time\":\"1970-01-01T00:00:00Z\","
	                                    "\"level\":\"error\",\"message\":\"three\"}\n"));

	(void)signal(SIGXFSZ, before);
	cm_log_configure("error", "server");
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	cm_buf_clear(&lines);
}

static void test_fifo(void)
{
	char folder[] = "/tmp/casement-log-XXXXXX", path[64], text[4096];
	struct cm_buf lines = {0};
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/log", folder);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	begin(&lines);
	cm_log_configure("error", path);
	cm_log_error(NULL, "one");
	CU_ASSERT_EQUAL(occurrences(cm_buf_str(&lines), "can't write"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "\"one\"}\n"));

	cm_buf_reset(&lines);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	cm_log_error(NULL, "two");
	CU_ASSERT_EQUAL(lines.len, 0);
	CU_ASSERT_TRUE(read(fd, text, sizeof text) > 0);
	for (int i = 0; i < 2000 && lines.len == 0; i++)
		cm_log_error(NULL, "three");
	CU_ASSERT_EQUAL(occurrences(cm_buf_str(&lines), "\"three\""), 1);
	close(fd);

	cm_log_configure("error", "server");
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	cm_buf_clear(&lines);
}

/* A system's log of our own. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* Whether one message came whose text is an error of this kind. */
static bool heard(int fd, const char *priority, const char *message)
{
	char text[2000], process[40];
	ssize_t len = recv(fd, text, sizeof text - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	snprintf(process, sizeof process, " casement[%ld]: {\"time\":", (long)getpid());
	return strncmp(text, priority, strlen(priority)) == 0 && strstr(text, process) != NULL &&
	       strstr(text, message) != NULL && text[len - 1] == '}';
}

static void test_syslog(void)
{
	char folder[] = "/tmp/casement-log-XXXXXX", path[64];
	struct cm_buf lines = {0}, line;
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/log", folder);
	begin(&lines);
	cm_log_syslog_path(path);
	cm_log_configure("info", "syslog");
	cm_log_error(NULL, "one");
	CU_ASSERT_EQUAL(occurrences(cm_buf_str(&lines), "can't write the log to syslog"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "\"one\"}\n"));
	cm_buf_reset(&lines);

	/* Facility daemon (3): error is 27, info 30. */
	fd = listen_at(path);
	cm_log_error(NULL, "two");
	CU_ASSERT_TRUE(heard(fd, "<27>", "\"two\""));
	cm_log_begin(&line, CM_LOG_INFO, "r3");
	cm_log_end(&line);
	CU_ASSERT_TRUE(heard(fd, "<30>", "\"r3\""));

	/* The system's log was started anew. */
	close(fd);
	CU_ASSERT_EQUAL(unlink(path), 0);
	fd = listen_at(path);
	cm_log_error(NULL, "four");
	CU_ASSERT_TRUE(heard(fd, "<27>", "\"four\""));
	CU_ASSERT_EQUAL(lines.len, 0);

	/* Nobody takes messages: a line waits for nobody. */
	for (int i = 0; i < 2000 && lines.len == 0; i++)
		cm_log_error(NULL, "five");
	CU_ASSERT_EQUAL(occurrences(cm_buf_str(&lines), "\"five\""), 1);
	close(fd);
	cm_log_configure("error", "server");
	cm_log_syslog_path(NULL);
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	cm_buf_clear(&lines);
}

static const struct cm_test tests[] = {
    {"a failure is a line of JSON with time, level, request and text", test_line},
    {"a line takes further members", test_members},
    {"no text makes a line or a member of its own", test_one_line},
    {"a text that is too long is cut, the line stays JSON", test_long_text},
    {"bytes that are not UTF-8 don't break the line", test_bytes},
    {"percent signs are logged as they are", test_text_is_no_format},
    {"a level takes what is as grave or graver; an unknown one takes failures", test_levels},
    {"a file gets the lines, readable by its owner only, a new one after SIGHUP", test_file},
    {"what a file can't take goes to the sink, which is told once why",
     test_file_that_cannot_be_written},
    {"a line that is only begun is taken back", test_no_room_for_all_of_a_line},
    {"a FIFO is not waited for, whether nobody reads it or it is full", test_fifo},
    {"the system's log gets the lines with their priority; when it is away or full, the sink",
     test_syslog},
};

CM_SUITE(cm_suite_base_log, "base/log", tests);
