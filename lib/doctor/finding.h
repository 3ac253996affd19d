#ifndef CM_DOCTOR_FINDING_H
#define CM_DOCTOR_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What a check found.  A later word is a worse one. */
enum cm_verdict { CM_VERDICT_NONE = 0, CM_VERDICT_OK, CM_VERDICT_NOTE, CM_VERDICT_WRONG };

/* Set it up with {0}; release it with cm_finding_clear(). */
struct cm_finding {
	enum cm_verdict verdict;
	struct cm_buf says;  /* sentences for a person */
	struct cm_buf mends; /* what to do about it, a line each, each with its line end */
};

/*
 * Add a sentence.  The worst verdict stays, and what only said that all is well gives way to it.
 */
void cm_finding_say(struct cm_finding *finding, enum cm_verdict verdict, const char *fmt, ...)
    CM_PRINTF(3, 4);

/* Add a line about what mends it. */
void cm_finding_mend(struct cm_finding *finding, const char *fmt, ...) CM_PRINTF(2, 3);

void cm_finding_clear(struct cm_finding *finding);

/*
 * A check of something that is examined.  needs: bits that must be set in what is known by then, or
 * else the check is passed over; each examination has its own bits.
 */
struct cm_check {
	const char *name;
	unsigned needs;
	void (*run)(void *examined, struct cm_finding *finding);
};

/* Told of each finding as soon as it is there; the finding is good only during the call. */
typedef void cm_check_told(const struct cm_check *check, const struct cm_finding *finding,
                           void *arg);

/*
 * Run the checks of a table in their order, and tell at the end which were passed over.  *known
 * may grow while they run.  Returns how many things are wrong.
 */
size_t cm_check_all(const struct cm_check *table, size_t count, void *examined,
                    const unsigned *known, cm_check_told *told, void *arg);

/*
 * Write a finding as lines of text: "ok", "note" or "wrong", the name of the check, the sentences;
 * below, indented, what mends it.  Or as a JSON object.
 */
void cm_finding_put_text(struct cm_buf *out, const struct cm_check *check,
                         const struct cm_finding *finding);
void cm_finding_put_json(struct cm_buf *out, const struct cm_check *check,
                         const struct cm_finding *finding);

#endif
