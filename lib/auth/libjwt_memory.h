#ifndef CM_AUTH_LIBJWT_MEMORY_H
#define CM_AUTH_LIBJWT_MEMORY_H

#include <stdbool.h>

/*
 * libjwt 1.10 keeps its JSON in jansson, and neither is safe when memory runs out: jansson writes
 * beyond its buffer while it reads a text, and where it can't write one it gives NULL, which libjwt
 * does not expect.  So jansson's memory is set aside here, more than the longest token takes.
 *
 * The program has json_dumps() of its own, which the dynamic linker finds before jansson's.  It
 * gives libjwt a copy that free() takes, or where there is no memory for that a spare text.
 */

/* Before libjwt is used: jansson begins with all of its memory.  What it had given is gone. */
void cm_libjwt_memory(void);

/* Before libjwt writes a token: keep spare texts.  False without memory for them. */
bool cm_libjwt_spare(void);

/* After that: let them go.  False when one was used, and the token is not one. */
bool cm_libjwt_spared(void);

#endif
