#include "auth/throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/sweep.h"
#include "store/throttle.h"

enum { KEY_MAX = 400, HOUR_S = 3600, DAY_S = 86400 };

static const struct {
	const char *name;
	int64_t free;        /* the failure with which the waiting begins, a second at first */
	int64_t wait_max_s;  /* the longest wait */
	int64_t forgotten_s; /* failures are forgotten when none came for so long */
} kinds[] = {
    [CM_THROTTLE_USER] = {"user", 5, 900, DAY_S},
    [CM_THROTTLE_ADDRESS] = {"address", 20, 900, DAY_S},
    [CM_THROTTLE_CLIENT] = {"client", 10, 30, HOUR_S},
    [CM_THROTTLE_DEVICE] = {"device", 5, 900, HOUR_S},
    [CM_THROTTLE_REGISTER] = {"register", 30, 900, HOUR_S},
    /* Good clients come back each hour, and are not forgotten where there are several of them. */
    [CM_THROTTLE_RENEW] = {"renew", 30, 60, HOUR_S},
};
_Static_assert(sizeof kinds / sizeof *kinds == CM_THROTTLE_KINDS, "every kind has a row");

static void make_key(enum cm_throttle_kind kind, const char *subject, char out[KEY_MAX])
{
	snprintf(out, KEY_MAX, "%s %s", kinds[kind].name, subject);
}

static int64_t wait_after(enum cm_throttle_kind kind, int64_t failures)
{
	int64_t beyond = failures - kinds[kind].free;
	int64_t wait_s = beyond < 0    ? 0
	                 : beyond > 20 ? kinds[kind].wait_max_s
	                               : (int64_t)1 << beyond;

	return wait_s < kinds[kind].wait_max_s ? wait_s : kinds[kind].wait_max_s;
}

enum cm_status cm_throttle_check(struct cm_store *store, enum cm_throttle_kind kind,
                                 const char *subject, int64_t *wait_s, struct cm_err *err)
{
	int64_t now_s = cm_clock_now_s();
	struct cm_throttle state;
	char key[KEY_MAX];
	enum cm_status rc;

	*wait_s = 0;
	make_key(kind, subject, key);
	/* What has a later time is of a clock that was wrong. */
	rc = cm_throttle_get(store, key, now_s - kinds[kind].forgotten_s, now_s, &state, err);
	if (rc != CM_OK || state.failures == 0)
		return rc;
	*wait_s = state.last_at_s + wait_after(kind, state.failures) - now_s;
	if (*wait_s <= 0) {
		*wait_s = 0;
		return CM_OK;
	}
	return cm_err_set(err, CM_THROTTLED, "Too many attempts. Try again in %lld second%s.",
	                  (long long)*wait_s, *wait_s == 1 ? "" : "s");
}

struct change {
	char key[KEY_MAX];
	int64_t forgotten_s;
};

static enum cm_status add(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct change *change = arg;
	enum cm_status rc = cm_throttle_add(store, change->key, change->forgotten_s, err);

	return rc == CM_OK ? cm_sweep(store, (unsigned)cm_clock_monotonic_us(), err) : rc;
}

enum cm_status cm_throttle_failed(struct cm_store *store, enum cm_throttle_kind kind,
                                  const char *subject, struct cm_err *err)
{
	struct change change = {.forgotten_s = cm_clock_now_s() - kinds[kind].forgotten_s};

	make_key(kind, subject, change.key);
	return cm_store_write(store, add, &change, err);
}

enum cm_status cm_throttle_count(struct cm_store *store, enum cm_throttle_kind kind,
                                 const char *subject, int64_t *wait_s, struct cm_err *err)
{
	enum cm_status rc = cm_throttle_check(store, kind, subject, wait_s, err);

	return rc == CM_OK ? cm_throttle_failed(store, kind, subject, err) : rc;
}

static enum cm_status forget(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_throttle_forget(store, arg, err);
}

enum cm_status cm_throttle_passed(struct cm_store *store, enum cm_throttle_kind kind,
                                  const char *subject, struct cm_err *err)
{
	struct cm_throttle state;
	char key[KEY_MAX];
	enum cm_status rc;

	make_key(kind, subject, key);
	rc = cm_throttle_get(store, key, 0, INT64_MAX, &state, err);
	return rc == CM_OK && state.failures > 0 ? cm_store_write(store, forget, key, err) : rc;
}

struct rate {
	char key[KEY_MAX];
	int64_t window_s, requests;
};

static enum cm_status add_request(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct rate *rate = arg;

	return cm_rate_add(store, rate->key, rate->window_s, &rate->requests, err);
}

enum cm_status cm_throttle_rate(struct cm_store *store, const char *what, const char *subject,
                                int64_t per_minute, int64_t *wait_s, struct cm_err *err)
{
	enum { WINDOW_S = 60 };
	int64_t now_s = cm_clock_now_s();
	struct rate rate = {.window_s = now_s - now_s % WINDOW_S};
	enum cm_status rc;

	*wait_s = 0;
	if (per_minute == 0)
		return CM_OK;
	snprintf(rate.key, sizeof rate.key, "%s %s", what, subject);
	rc = cm_store_write(store, add_request, &rate, err);
	if (rc != CM_OK || rate.requests <= per_minute)
		return rc;
	*wait_s = rate.window_s + WINDOW_S - now_s;
	return cm_err_set(err, CM_THROTTLED,
	                  "No more than %lld requests a minute. Try again in %lld seconds.",
	                  (long long)per_minute, (long long)*wait_s);
}

void cm_throttle_address(const char *address, char out[CM_THROTTLE_ADDRESS_TEXT])
{
	struct in6_addr six;

	snprintf(out, CM_THROTTLE_ADDRESS_TEXT, "%.45s", address);
	if (inet_pton(AF_INET6, out, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six))
		return;
	memset(six.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &six, out, CM_THROTTLE_ADDRESS_TEXT);
}
