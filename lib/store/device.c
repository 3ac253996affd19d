#include "store/device.h"

#include <string.h>

#include "base/clock.h"
#include "store/query.h"

static const char *const decisions[] = {
    [CM_DEVICE_OPEN] = NULL,
    [CM_DEVICE_ALLOWED] = "allowed",
    [CM_DEVICE_DENIED] = "denied",
};

enum cm_status cm_device_insert(struct cm_store *store, const struct cm_device *device,
                                struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_DEVICE_INSERT, err);
	cm_query_text(&q, ":device_sha256", device->sha256);
	cm_query_text(&q, ":user_code", device->user_code);
	cm_query_integer(&q, ":application_id", device->application_id);
	cm_query_text(&q, ":client_id", device->client_id);
	cm_query_text(&q, ":scope", device->scope);
	cm_query_integer(&q, ":expires_at_s", device->expires_at_s);
	cm_query_integer(&q, ":interval_s", device->interval_s);
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such client.");
}

enum cm_status cm_device_get(struct cm_store *store, const char *sha256, const char *user_code,
                             struct cm_device *out, struct cm_err *err)
{
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	*out = (struct cm_device){0};
	cm_query_begin(&q, store, CM_STMT_DEVICE_GET, err);
	cm_query_text(&q, ":device_sha256", sha256);
	cm_query_text(&q, ":user_code", user_code);
	if (cm_query_row(&q)) {
		const char *decision = cm_query_column_text(&q, 8);

		found = true;
		cm_query_column_copy(&q, 0, out->sha256, sizeof out->sha256);
		cm_query_column_copy(&q, 1, out->user_code, sizeof out->user_code);
		cm_query_column_copy(&q, 2, out->client_id, sizeof out->client_id);
		out->application_id = cm_query_column_integer(&q, 3);
		cm_query_column_copy(&q, 4, out->scope, sizeof out->scope);
		out->expires_at_s = cm_query_column_integer(&q, 5);
		out->polled_at_s = cm_query_column_integer(&q, 6);
		out->interval_s = cm_query_column_integer(&q, 7);
		if (decision != NULL)
			out->decision = strcmp(decision, decisions[CM_DEVICE_ALLOWED]) == 0
			                    ? CM_DEVICE_ALLOWED
			                    : CM_DEVICE_DENIED;
		out->user_id = cm_query_column_integer(&q, 9);
		out->signed_in_at_s = cm_query_column_integer(&q, 10);
	}
	rc = cm_query_end(&q);
	return rc == CM_OK && !found
	           ? cm_err_set(err, CM_NOT_FOUND, "There is no such device code.")
	           : rc;
}

enum cm_status cm_device_poll(struct cm_store *store, const char *sha256, int64_t interval_s,
                              struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_DEVICE_POLL, err);
	cm_query_text(&q, ":device_sha256", sha256);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	cm_query_integer(&q, ":interval_s", interval_s);
	return cm_query_finish(&q);
}

enum cm_status cm_device_decide(struct cm_store *store, const struct cm_device *device,
                                struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_DEVICE_DECIDE, err);
	cm_query_text(&q, ":device_sha256", device->sha256);
	cm_query_text(&q, ":decision", decisions[device->decision]);
	cm_query_text(&q, ":scope", device->scope);
	cm_query_integer(&q, ":user_id", device->user_id);
	cm_query_integer(&q, ":signed_in_at_s", device->signed_in_at_s);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such device code.");
}

enum cm_status cm_device_spend(struct cm_store *store, const char *sha256, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_DEVICE_SPEND, err);
	cm_query_text(&q, ":device_sha256", sha256);
	return cm_query_finish_change(&q, CM_INVALID_GRANT, "The device code was used already.");
}
