#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
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

bool cm_journal_on_network(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof network / sizeof *network; i++) {
		if ((unsigned long)fs.f_type == network[i])
			return true;
	}
	return false;
}

/* A file without a name; where the file system has no such thing, name gets one. */
static int scratch_file(const char *folder, char name[PATH_MAX])
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	name[0] = '\0';
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	if ((size_t)snprintf(name, PATH_MAX, "%s/.casement-XXXXXX", folder) >= PATH_MAX)
		return -1;
	return mkostemp(name, O_CLOEXEC);
}

/* Only a refused mapping speaks against it; not to be allowed to write there is another matter. */
static bool can_share(const char *folder)
{
	char name[PATH_MAX];
	void *memory = NULL;
	int fd = scratch_file(folder, name);

	if (fd < 0)
		return true;
	if (ftruncate(fd, SHM_BYTES) == 0)
		memory = mmap(NULL, SHM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory != NULL && memory != MAP_FAILED)
		(void)munmap(memory, SHM_BYTES);
	close(fd);
	/* After closing: some file systems keep a file that is open under another name. */
	if (name[0] != '\0')
		(void)unlink(name);
	return memory != MAP_FAILED;
}

/* SQLite keeps its -shm beside the file that a link leads to. */
bool cm_journal_shares_memory(const char *path)
{
	char *real = realpath(path, NULL);
	bool shares = real == NULL || can_share(dirname(real));

	free(real);
	return shares;
}

const char *cm_journal_why_no_wal(const char *path)
{
	return cm_journal_on_network(path)       ? "it is on a network"
	       : !cm_journal_shares_memory(path) ? "processes can't share memory through it"
	                                         : NULL;
}
