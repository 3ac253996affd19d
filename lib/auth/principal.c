#include "auth/principal.h"

#include <string.h>

#include "store/organization.h"

bool cm_principal_is_built_in(const struct cm_principal *principal)
{
	return strcmp(principal->organization, CM_ORGANIZATION_BUILT_IN) == 0;
}

struct cm_audit cm_principal_audit(const struct cm_principal *principal, const char *tool,
                                   const char *target, enum cm_status outcome)
{
	return (struct cm_audit){
	    .client_id = principal->client_id,
	    .user = principal->user,
	    .organization = principal->organization,
	    .tool = tool,
	    .target = target,
	    .outcome = cm_status_info(outcome)->name,
	    .request_id = principal->request_id,
	    .address = principal->address,
	    .traceparent = principal->traceparent[0] == '\0' ? NULL : principal->traceparent,
	};
}
