#ifndef CM_DOCTOR_OUTSIDE_H
#define CM_DOCTOR_OUTSIDE_H

#include "base/status.h"
#include "doctor/finding.h"

/*
 * Examine an installation from outside, as a client meets it.  url: the public URL, with or without
 * a slash at its end; token: an access token, or NULL.  told gets each finding; *wrong how many
 * things are wrong.  CM_INPUT when the URL is none.
 */
enum cm_status cm_doctor_outside(const char *url, const char *token, cm_check_told *told, void *arg,
                                 size_t *wrong, struct cm_err *err);

#endif
