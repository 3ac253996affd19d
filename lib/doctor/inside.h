#ifndef CM_DOCTOR_INSIDE_H
#define CM_DOCTOR_INSIDE_H

#include "base/status.h"
#include "doctor/finding.h"

/*
 * Examine an installation where it is: the database at path, which need not be one, and the
 * processes that serve it.  Nothing is changed.  told gets each finding.  Returns how many things
 * are wrong.
 */
size_t cm_doctor_inside(const char *path, cm_check_told *told, void *arg);

#endif
