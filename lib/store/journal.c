#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { SHM_BYTES = 32768 }; /* SQLite maps its -shm in pieces of that size */

/* Types as statfs(2) has them: file systems that several machines can have open at once. */
static const unsigned long network[] = {
    0x6969,     /* NFS */
    0x517b,     /* SMB */
    0xff534d42, /* CIFS */
    0xfe534d42, /* SMB 2 */
    0x5346414f, /* AFS */
    0x00c36400, /* Ceph */
    0x0bd00bd0, /* Lustre */
    0x01161970, /* GFS2 */
    0x7461636f, /* OCFS2 */
    0x47504653, /* GPFS */
};

static bool is_network(const char *folder)
{
	struct statfs fs;

	if (statfs(folder, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof network / sizeof *network; i++) {
		if ((unsigned long)fs.f_type == network[i])
			return true;
	}
	return false;
}

/* A file without a name; where the file system has no such thing, one that loses its name. */
static int scratch_file(const char *folder)
{
	char name[PATH_MAX];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	if ((size_t)snprintf(name, sizeof name, "%s/.casement-XXXXXX", folder) >= sizeof name)
		return -1;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(name);
	return fd;
}

/* Only a refused mapping speaks against it; not to be allowed to write there is another matter. */
static bool can_share(const char *folder)
{
	int fd = scratch_file(folder);
	void *memory = NULL;

	if (fd >= 0 && ftruncate(fd, SHM_BYTES) == 0)
		memory = mmap(NULL, SHM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory != NULL && memory != MAP_FAILED)
		(void)munmap(memory, SHM_BYTES);
	if (fd >= 0)
		close(fd);
	return memory != MAP_FAILED;
}

bool cm_journal_can_wal(const char *folder, const char **why)
{
	const char *reason = is_network(folder)   ? "it is on a network"
	                     : !can_share(folder) ? "processes can't share memory through it"
	                                          : NULL;

	if (why != NULL)
		*why = reason;
	return reason == NULL;
}
