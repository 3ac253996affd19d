#include "http/metrics.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/crypto.h"
#include "base/log.h"

/* Upper bounds of the histogram; one more bucket has the rest. */
static const struct {
	int64_t us;
	const char *seconds;
} bounds[] = {
    {100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"},
    {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},
    {250000, "0.25"}, {500000, "0.5"},  {1000000, "1"},   {2500000, "2.5"}, {10000000, "10"},
};
enum { BOUNDS = sizeof bounds / sizeof *bounds };

/*
 * The numbers in their order: for each route, and then for what none fits, a number an outcome, the
 * buckets and the sum of microseconds; for each tool a number an outcome.
 */
enum { BUCKETS = CM_STATUS_COUNT, SUM = BUCKETS + BOUNDS + 1, ROUTE_SIZE };

static size_t at_route(size_t route)
{
	return route * ROUTE_SIZE;
}

static size_t at_tool(const struct cm_metrics *metrics, size_t tool)
{
	return at_route(metrics->routes + 1) + tool * CM_STATUS_COUNT;
}

static size_t tools_of(const struct cm_metrics *metrics)
{
	size_t count = 0;

	while (metrics->tool(count) != NULL)
		count++;
	return count;
}

static const char *method_of(const struct cm_metrics *metrics, size_t route)
{
	return route < metrics->routes ? metrics->route[route].method : "other";
}

static const char *path_of(const struct cm_metrics *metrics, size_t route)
{
	return route < metrics->routes ? metrics->route[route].path : "other";
}

/* A program whose numbers stand for something else has another layout. */
static enum cm_status put_layout(const struct cm_metrics *metrics, char out[CM_SHA256_HEX],
                                 struct cm_err *err)
{
	struct cm_buf names = {0};
	enum cm_status rc;

	for (size_t i = 0; i <= metrics->routes; i++)
		cm_buf_printf(&names, "%s %s\n", method_of(metrics, i), path_of(metrics, i));
	for (int i = 0; i < CM_STATUS_COUNT; i++)
		cm_buf_printf(&names, "%s\n", cm_status_info((enum cm_status)i)->name);
	for (size_t i = 0; i < BOUNDS; i++)
		cm_buf_printf(&names, "%s\n", bounds[i].seconds);
	for (size_t i = 0; metrics->tool(i) != NULL; i++)
		cm_buf_printf(&names, "%s\n", metrics->tool(i));
	rc = cm_buf_status(&names, err);
	if (rc == CM_OK)
		rc = cm_crypto_sha256_hex(names.data, names.len, out, err);
	cm_buf_clear(&names);
	return rc;
}

static enum cm_status open_counters(const struct cm_metrics *metrics, struct cm_context *ctx,
                                    struct cm_err *err)
{
	bool first = !ctx->counters_used;
	char layout[CM_SHA256_HEX], path[PATH_MAX];
	enum cm_status rc;

	if (cm_counters_is_current(&ctx->counters))
		return CM_OK;
	if (ctx->path == NULL ||
	    (size_t)snprintf(path, sizeof path, "%s-metrics", ctx->path) >= sizeof path)
		return cm_err_set(err, CM_STORE, "the database has no path for -metrics");
	if ((rc = put_layout(metrics, layout, err)) != CM_OK)
		return rc;
	ctx->counters_used = true;
	return cm_counters_open(&ctx->counters, path, layout, at_tool(metrics, tools_of(metrics)),
	                        first, err);
}

static size_t bucket_of(int64_t took_us)
{
	size_t i = 0;

	while (i < BOUNDS && took_us > bounds[i].us)
		i++;
	return i;
}

static void count_tool(const struct cm_metrics *metrics, const struct cm_exchange *x)
{
	const char *name;

	if (strcmp(x->rpc_method, "tools/call") != 0)
		return;
	for (size_t i = 0; (name = metrics->tool(i)) != NULL; i++) {
		if (strcmp(name, x->rpc_tool) == 0) {
			cm_counters_add(&x->ctx->counters, at_tool(metrics, i) + x->outcome, 1);
			return;
		}
	}
}

void cm_metrics_count(const struct cm_metrics *metrics, const struct cm_exchange *x,
                      int64_t took_us)
{
	struct cm_context *ctx = x->ctx;
	struct cm_err err = {0};
	size_t at;

	if (open_counters(metrics, ctx, &err) != CM_OK) {
		if (!ctx->counters_told)
			cm_log_error(x->req->request_id, "metrics: %s", err.text);
		ctx->counters_told = true;
		return;
	}
	ctx->counters_told = false;
	at = at_route(x->route == NULL ? metrics->routes : (size_t)(x->route - metrics->route));
	cm_counters_add(&ctx->counters, at + x->outcome, 1);
	cm_counters_add(&ctx->counters, at + BUCKETS + bucket_of(took_us), 1);
	cm_counters_add(&ctx->counters, at + SUM, took_us > 0 ? (uint64_t)took_us : 0);
	count_tool(metrics, x);
}

/* --- the text --- */

static void put_head(struct cm_buf *out, const char *name, const char *type, const char *help)
{
	cm_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_requests(const struct cm_metrics *metrics, const struct cm_counters *counters,
                         struct cm_buf *out)
{
	put_head(out, "casement_requests_total", "counter", "Requests that were answered.");
	for (size_t i = 0; i <= metrics->routes; i++) {
		for (int status = 0; status < CM_STATUS_COUNT; status++) {
			uint64_t value = cm_counters_get(counters, at_route(i) + (size_t)status);

			if (value > 0)
				cm_buf_printf(out,
				              "casement_requests_total{method=\"%s\",path=\"%s\","
				              "outcome=\"%s\"} %llu\n",
				              method_of(metrics, i), path_of(metrics, i),
				              cm_status_info((enum cm_status)status)->name,
				              (unsigned long long)value);
		}
	}
}

static void put_tools(const struct cm_metrics *metrics, const struct cm_counters *counters,
                      struct cm_buf *out)
{
	put_head(out, "casement_tool_calls_total", "counter", "Calls of tools (MCP tools/call).");
	for (size_t i = 0; metrics->tool(i) != NULL; i++) {
		for (int status = 0; status < CM_STATUS_COUNT; status++) {
			uint64_t value =
			    cm_counters_get(counters, at_tool(metrics, i) + (size_t)status);

			if (value > 0)
				cm_buf_printf(out,
				              "casement_tool_calls_total{tool=\"%s\",outcome=\"%"
				              "s\"} %llu\n",
				              metrics->tool(i),
				              cm_status_info((enum cm_status)status)->name,
				              (unsigned long long)value);
		}
	}
}

/* The histogram of one route; nothing for one that nobody asked for. */
static void put_durations(const struct cm_counters *counters, size_t at, const char *labels,
                          struct cm_buf *out)
{
	unsigned long long below = 0, sum_us = cm_counters_get(counters, at + SUM);
	uint64_t bucket[BOUNDS + 1];
	bool any = false;

	for (size_t i = 0; i <= BOUNDS; i++) {
		bucket[i] = cm_counters_get(counters, at + BUCKETS + i);
		any = any || bucket[i] > 0;
	}
	if (!any)
		return;
	for (size_t i = 0; i <= BOUNDS; i++) {
		below += bucket[i];
		cm_buf_printf(out, "casement_request_duration_seconds_bucket{%s,le=\"%s\"} %llu\n",
		              labels, i < BOUNDS ? bounds[i].seconds : "+Inf", below);
	}
	cm_buf_printf(out,
	              "casement_request_duration_seconds_sum{%s} %llu.%06llu\n"
	              "casement_request_duration_seconds_count{%s} %llu\n",
	              labels, sum_us / 1000000, sum_us % 1000000, labels, below);
}

static void put_all_durations(const struct cm_metrics *metrics, const struct cm_counters *counters,
                              struct cm_buf *out)
{
	put_head(out, "casement_request_duration_seconds", "histogram",
	         "Time between a whole request and its answer.");
	for (size_t i = 0; i <= metrics->routes; i++) {
		char labels[200];

		snprintf(labels, sizeof labels, "method=\"%s\",path=\"%s\"", method_of(metrics, i),
		         path_of(metrics, i));
		put_durations(counters, at_route(i), labels, out);
	}
}

static void put_store(const struct cm_exchange *x, struct cm_buf *out)
{
	int64_t database = 0, wal = 0;

	cm_store_size(x->ctx->store, &database, &wal);
	put_head(out, "casement_store_bytes", "gauge", "Size of the database and of its journal.");
	cm_buf_printf(out,
	              "casement_store_bytes{file=\"database\"} %lld\n"
	              "casement_store_bytes{file=\"wal\"} %lld\n",
	              (long long)database, (long long)wal);
}

void cm_metrics_get(const struct cm_metrics *metrics, struct cm_exchange *x)
{
	const char *list = x->ctx->settings.metrics_addresses;
	struct cm_buf *out = &x->res->body;
	struct cm_err err = {0};

	if (*list == '\0')
		cm_err_set(&err, CM_NOT_FOUND, "There is nothing at this path.");
	else if (!cm_address_in_list(list, x->caller.address))
		cm_err_set(&err, CM_FORBIDDEN, "%.60s is not in the setting metrics_addresses.",
		           x->caller.address);
	else
		(void)open_counters(metrics, x->ctx, &err);
	if (err.status != CM_OK) {
		cm_exchange_fail(x, CM_SHAPE_PLAIN, &err);
		return;
	}
	x->res->content_type = "text/plain; version=0.0.4; charset=utf-8";
	x->res->cache = "no-store";
	put_requests(metrics, &x->ctx->counters, out);
	put_tools(metrics, &x->ctx->counters, out);
	put_all_durations(metrics, &x->ctx->counters, out);
	put_store(x, out);
}
