#ifndef CM_STORE_BACKUP_H
#define CM_STORE_BACKUP_H

#include "store/store.h"

/*
 * Write a copy of the store to a file: all that was committed before the call, compact, mode 0600,
 * on the disk before it gets its name.  A file of that name is replaced if it is a database of
 * Casement, or empty.  CM_INPUT for a name that may not be taken, CM_BUSY while another backup
 * writes to it, CM_STORE when something fails; then what had the name before still has it.
 */
enum cm_status cm_store_backup(struct cm_store *store, const char *path, struct cm_err *err);

/*
 * Put what a copy holds in the place of all that the store at path holds, while others use it: in
 * one transaction, so each of them sees the old state or the new one, and goes on.  A store that is
 * gone, or that nobody can read any more, is replaced as a file; root gives that to who owned the
 * old one, or owns the folder.
 *
 * Before that, the copy is copied, brought up to date, looked through, and handed to work (with
 * arg), which may refuse it or write to it.  CM_INPUT for a file that is no good copy, CM_BUSY
 * while another restore runs or a writer does not end, CM_STORE, or what work says; on failure the
 * store is as it was, and so is the copy.
 */
enum cm_status cm_store_restore(const char *path, const char *copy, cm_store_work *work, void *arg,
                                struct cm_err *err);

#endif
