#ifndef CM_STORE_APPLICATION_H
#define CM_STORE_APPLICATION_H

#include "store/entity.h"

/*
 * The application: an OAuth client.  Its fields are those of Casdoor's Application (object/
 * application.go); the ones that Casement acts on are columns, the others are kept as they came.
 */
extern const struct cm_entity cm_application_entity;

#endif
