#ifndef CM_FCGI_PLACE_H
#define CM_FCGI_PLACE_H

#include <limits.h>

#include "base/status.h"

/*
 * Where the database is: CASEMENT_DB in the environment, else what the casement.conf in the
 * program's folder says, or the one in /etc if there is none.  It is the one thing that is not in
 * the database itself.  CM_STORE when nothing says it, or what says it can't be read; out is ""
 * then.
 */
enum cm_status cm_place_database(char out[PATH_MAX], struct cm_err *err);

/*
 * Where the line "database = PATH" of casement.conf in a folder says that the database is; a PATH
 * that doesn't begin with / begins at that folder.  CM_STORE when no line says it, or the file
 * can't be read.
 */
enum cm_status cm_place_in(const char *folder, char out[PATH_MAX], struct cm_err *err);

#endif
