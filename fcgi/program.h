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

/*
 * At the start: run the program once more, by the same path and with the same arguments, and with
 * the memory of the C library set up for requests that come together: of each size far more freed
 * pieces are kept at hand than the seven that glibc keeps by itself.  glibc can be told by the
 * environment alone, and where that says something already, it stays as it is.  Returns when there
 * is nothing to set up any more, and when it can't.
 */
void cm_program_set_up_memory(char **argv);

#endif
