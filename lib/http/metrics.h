#ifndef CM_HTTP_METRICS_H
#define CM_HTTP_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "http/route.h"

#define CM_METRICS_PATH "/metrics"

/* What requests are counted by: as many rows as the program has, whatever clients send. */
struct cm_metrics {
	const struct cm_route *route;
	size_t routes;
	const char *(*tool)(size_t index); /* name of the index-th tool, NULL beyond the last */
};

/*
 * Count a request that was answered in took_us microseconds, by its route, its tool and its
 * outcome, in the file <database>-metrics that all processes share.  A file that can't be used is
 * logged once, and costs no answer.  To be called only while the setting metrics_addresses is set.
 */
void cm_metrics_count(const struct cm_metrics *metrics, const struct cm_exchange *x,
                      int64_t took_us);

/*
 * Answer with all that was counted, by all processes, and the size of the store, in the text format
 * 0.0.4 of Prometheus: 404 without metrics_addresses, 403 for an address that is not in it.
 */
void cm_metrics_get(const struct cm_metrics *metrics, struct cm_exchange *x);

#endif
