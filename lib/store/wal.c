#include "store/wal.h"

#include <sys/prctl.h>
#include <time.h>

#include <sqlite3.h>

#include "base/clock.h"

enum { BUSY_TIMEOUT_US = 5000000, PAUSE_MIN_US = 50, PAUSE_MAX_US = 1000 };
enum { LOG_PAGES = 4000, CHECKPOINT_TIMEOUT_US = 100000 };

/*
 * Wait for a lock that another process has.  A transaction takes some tenths of a millisecond;
 * SQLite's own timeout would sleep for one millisecond, then for two, for five and so on, while
 * nobody writes.  Who has waited long looks less often.
 */
static int wait_for_lock(void *arg, int tries)
{
	struct cm_wal *wal = arg;
	int64_t now_us = cm_clock_monotonic_us(), waited_us, pause_us;
	struct timespec pause = {0};

	if (wal->gave_up)
		return 0;
	if (tries == 0)
		wal->waiting_since_us = now_us;
	waited_us = now_us - wal->waiting_since_us;
	if (waited_us > wal->timeout_us) {
		/* A checkpoint can be made another time. */
		wal->gave_up = wal->timeout_us == BUSY_TIMEOUT_US;
		return 0;
	}
	pause_us = waited_us / 16;
	pause_us = pause_us < PAUSE_MIN_US ? PAUSE_MIN_US : pause_us;
	pause_us = pause_us > PAUSE_MAX_US ? PAUSE_MAX_US : pause_us;
	pause.tv_nsec = (long)pause_us * 1000;
	(void)nanosleep(&pause, NULL);
	return 1;
}

/* After each commit to the log, in place of SQLite's own checkpoints. */
static int note_log(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct cm_wal *wal = arg;

	(void)db;
	(void)name;
	/* It began anew. */
	if (pages < wal->pages)
		wal->checkpoint_at = LOG_PAGES;
	wal->pages = pages;
	return SQLITE_OK;
}

void cm_wal_init(struct cm_wal *wal, struct sqlite3 *db)
{
	*wal = (struct cm_wal){.db = db, .timeout_us = BUSY_TIMEOUT_US, .checkpoint_at = LOG_PAGES};
	/* Else the kernel would make the pauses twice as long. */
	(void)prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
	sqlite3_busy_handler(db, wait_for_lock, wal);
	sqlite3_wal_hook(db, note_log, wal);
}

/*
 * SQLite's own checkpoints let others write meanwhile.  With two busy processes the log then never
 * begins anew: it grows, and each commit makes a checkpoint.
 */
void cm_wal_checkpoint(struct cm_wal *wal)
{
	int code;

	if (wal->pages < wal->checkpoint_at)
		return;
	wal->timeout_us = CHECKPOINT_TIMEOUT_US;
	code = sqlite3_wal_checkpoint_v2(wal->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	/* Somebody reads for long.  What else fails, such as a full disk or quota, ends before the
	 * next transaction does well. */
	if (code == SQLITE_BUSY)
		wal->checkpoint_at = wal->pages + LOG_PAGES;
	wal->timeout_us = BUSY_TIMEOUT_US;
}
