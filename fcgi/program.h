#ifndef CM_FCGI_PROGRAM_H
#define CM_FCGI_PROGRAM_H

#include <stdbool.h>

/* The file that this process runs, for upgrades in place. */

/* Whether another file has taken its place, at the path by which it was started. */
bool cm_program_was_replaced(void);

/*
 * Run the file that is there now, in this process and with its environment: descriptor 0 stays the
 * socket that requests come from, so none is refused in between.  Returns only when it can't.
 */
void cm_program_run_again(void);

#endif
