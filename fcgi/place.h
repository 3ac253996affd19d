#ifndef CM_FCGI_PLACE_H
#define CM_FCGI_PLACE_H

#include <limits.h>

#include "base/status.h"

/*
 * Where the database is: CASEMENT_DB in the environment, else the line "database = PATH" of
 * casement.conf beside the program.  It is the one thing that is not in the database itself.
 * CM_USAGE when neither says it.
 */
enum cm_status cm_place_database(char out[PATH_MAX], struct cm_err *err);

#endif
