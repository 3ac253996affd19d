#include "base/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Processes share the numbers, but no lock. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "numbers of 64 bits are counted without a lock");

enum { HEADER = CM_SHA256_HEX - 1, TRIES = 5 };
_Static_assert(HEADER % sizeof(uint64_t) == 0, "the numbers are aligned");

static size_t size_for(size_t count)
{
	return HEADER + count * sizeof(uint64_t);
}

static bool is_same(const char *path, const struct stat *wanted)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == wanted->st_dev && st.st_ino == wanted->st_ino;
}

/* What a file is, once it is locked. */
enum found { GOOD, OTHER_VERSION, DAMAGED };

/* An empty file, which nobody has mapped, gets its layout and size. */
static enum found set_up(int fd, const struct stat *st, const char *layout, size_t count)
{
	char header[HEADER + 1] = "";

	/* Allocated, not only as long: a full disk is found here, not by a process that counts. */
	if (st->st_size == 0)
		return fchmod(fd, 0600) == 0 &&
		               posix_fallocate(fd, 0, (off_t)size_for(count)) == 0 &&
		               pwrite(fd, layout, HEADER, 0) == HEADER
		           ? GOOD
		           : DAMAGED;
	if (pread(fd, header, HEADER, 0) == HEADER && memcmp(header, layout, HEADER) != 0 &&
	    strspn(header, "0123456789abcdef") == HEADER)
		return OTHER_VERSION;
	return st->st_size == (off_t)size_for(count) && memcmp(header, layout, HEADER) == 0
	           ? GOOD
	           : DAMAGED;
}

/* Open or make the file: its descriptor, *st as it is then; -1 with errno. */
static int take_file(const char *path, const char *layout, size_t count, bool take_over,
                     struct stat *st)
{
	enum found found = DAMAGED;

	for (int i = 0; i < TRIES && (found != OTHER_VERSION || take_over); i++) {
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return -1;
		found = DAMAGED;
		if (flock(fd, LOCK_EX) == 0 && fstat(fd, st) == 0 && is_same(path, st)) {
			found = set_up(fd, st, layout, count);
			if (found == GOOD)
				return fd;
			if (found == DAMAGED || take_over)
				(void)unlink(path);
		}
		close(fd);
	}
	errno = found == OTHER_VERSION ? EEXIST : EIO;
	return -1;
}

enum cm_status cm_counters_open(struct cm_counters *counters, const char *path,
                                const char layout[CM_SHA256_HEX], size_t count, bool take_over,
                                struct cm_err *err)
{
	struct stat st;
	void *map = MAP_FAILED;
	int fd;

	cm_counters_close(counters);
	fd = take_file(path, layout, count, take_over, &st);
	if (fd < 0 && errno == EEXIST)
		return cm_err_set(err, CM_STORE, "%.300s is of another version of this program",
		                  path);
	if (fd < 0)
		return cm_err_set(err, CM_STORE, "can't use %.300s: %s", path, strerror(errno));
	/* A copy may have holes: to count in one while the disk is full would end the process. */
	if (fallocate(fd, 0, 0, (off_t)size_for(count)) == 0 || errno == EOPNOTSUPP)
		map = mmap(NULL, size_for(count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* A mapping would keep the lock beyond close(). */
	(void)flock(fd, LOCK_UN);
	close(fd);
	if (map == MAP_FAILED)
		return cm_err_set(err, CM_STORE, "can't map %.300s: %s", path, strerror(errno));
	*counters = (struct cm_counters){
	    .value = (_Atomic uint64_t *)((char *)map + HEADER),
	    .count = count,
	    .path = strdup(path),
	    .device = st.st_dev,
	    .inode = st.st_ino,
	};
	if (counters->path == NULL) {
		cm_counters_close(counters);
		return cm_err_set(err, CM_NOMEM, "out of memory");
	}
	return CM_OK;
}

void cm_counters_close(struct cm_counters *counters)
{
	if (counters->value != NULL)
		munmap((char *)counters->value - HEADER, size_for(counters->count));
	free(counters->path);
	*counters = (struct cm_counters){0};
}

bool cm_counters_is_current(const struct cm_counters *counters)
{
	struct stat st;

	return counters->value != NULL && stat(counters->path, &st) == 0 &&
	       st.st_dev == counters->device && st.st_ino == counters->inode &&
	       st.st_size == (off_t)size_for(counters->count);
}

void cm_counters_add(struct cm_counters *counters, size_t index, uint64_t amount)
{
	atomic_fetch_add_explicit(&counters->value[index], amount, memory_order_relaxed);
}

uint64_t cm_counters_get(const struct cm_counters *counters, size_t index)
{
	return atomic_load_explicit(&counters->value[index], memory_order_relaxed);
}
