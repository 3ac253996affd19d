#include "auth/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void cm_context_init(struct cm_context *ctx, const char *path)
{
	*ctx = (struct cm_context){.path = path, .version = -1, .prefix = ""};
}

void cm_context_take_store(struct cm_context *ctx, struct cm_store *store)
{
	ctx->store = store;
	ctx->version = -1;
}

void cm_context_clear(struct cm_context *ctx)
{
	cm_keyring_clear(&ctx->keys);
	cm_verified_clear(&ctx->verified);
	cm_store_close(ctx->store);
	for (size_t i = 0; i < ctx->kept_count; i++)
		cm_buf_clear(&ctx->kept[i].text);
	free(ctx->kept);
	cm_counters_close(&ctx->counters);
	cm_context_init(ctx, ctx->path);
}

/* Read settings and keys; forget verified tokens if any of it is new. */
static enum cm_status reload(struct cm_context *ctx, struct cm_err *err)
{
	struct cm_keyring keys = {0};
	struct cm_settings settings;
	enum cm_status rc;

	if ((rc = cm_settings_load(ctx->store, &settings, err)) != CM_OK ||
	    (rc = cm_keyring_load(&keys, ctx->store, err)) != CM_OK)
		return rc;
	if (!cm_settings_equal(&settings, &ctx->settings) || !cm_keyring_equal(&keys, &ctx->keys)) {
		struct cm_url url;

		cm_verified_clear(&ctx->verified);
		ctx->settings = settings;
		snprintf(ctx->mcp_url, sizeof ctx->mcp_url, "%s" CM_MCP_PATH, settings.issuer);
		cm_log_configure(settings.log_level, settings.log_target);
		ctx->prefix = "";
		if (cm_url_parse(ctx->settings.issuer, &url))
			ctx->prefix = url.path;
	}
	cm_keyring_clear(&ctx->keys);
	ctx->keys = keys;
	return CM_OK;
}

static void close_store(struct cm_context *ctx)
{
	cm_store_close(ctx->store);
	ctx->store = NULL;
	ctx->version = -1;
}

/* What others write changes the version, what this process writes the number of changes. */
static void count_state(struct cm_context *ctx, int64_t version)
{
	int changes = cm_store_changes(ctx->store);

	if (version != ctx->version || changes != ctx->changes)
		ctx->state++;
	ctx->changes = changes;
}

enum cm_status cm_context_refresh(struct cm_context *ctx, struct cm_err *err)
{
	char revision[CM_ID_TEXT];
	int64_t version = 0;
	int schema = 0;
	enum cm_status rc;

	/* One state serves all requests that came together. */
	if (ctx->store != NULL &&
	    (cm_store_is_reading(ctx->store) || cm_store_group_is_open(ctx->store)))
		return CM_OK;
	if (ctx->store != NULL && !cm_store_is_current(ctx->store))
		close_store(ctx);
	if (ctx->store == NULL) {
		ctx->version = -1;
		if ((rc = cm_store_open(ctx->path, false, &ctx->store, err)) != CM_OK)
			return rc;
	}
	if (ctx->grouped)
		cm_store_group_begin(ctx->store);
	if ((rc = cm_store_read_begin(ctx->store, &version, err)) != CM_OK)
		return rc;
	count_state(ctx, version);
	if (version == ctx->version)
		return CM_OK;
	rc = cm_store_schema(ctx->store, &schema, err);
	/* Another program changed the schema: to open is to bring it up to date, or to refuse it.
	 */
	if (rc == CM_OK && schema != cm_store_schema_known()) {
		close_store(ctx);
		return cm_context_refresh(ctx, err);
	}
	if (rc == CM_OK)
		rc = cm_setting_revision(ctx->store, revision, err);
	/* Most changes by others are of rows that nobody keeps. */
	if (rc == CM_OK && (ctx->version < 0 || strcmp(revision, ctx->revision) != 0))
		rc = reload(ctx, err);
	if (rc != CM_OK) {
		/* The next request tries it again. */
		cm_store_read_end(ctx->store);
		return rc;
	}
	ctx->version = version;
	memcpy(ctx->revision, revision, sizeof revision);
	return CM_OK;
}

int64_t cm_context_state(const struct cm_context *ctx)
{
	return ctx->store != NULL && cm_store_is_reading(ctx->store) &&
	               !cm_store_is_writing(ctx->store)
	           ? ctx->state
	           : 0;
}

void cm_context_rest(struct cm_context *ctx)
{
	if (ctx->store == NULL)
		return;
	cm_store_read_end(ctx->store);
	if (cm_store_is_writing(ctx->store))
		close_store(ctx);
}

enum cm_status cm_context_may_change(const struct cm_context *ctx, struct cm_err *err)
{
	return strcmp(ctx->settings.read_only, "on") != 0
	           ? CM_OK
	           : cm_err_set(err, CM_FORBIDDEN,
	                        "The server is in read-only mode: nothing can be changed.");
}

void cm_context_wait_anew(struct cm_context *ctx)
{
	if (ctx->store != NULL)
		cm_store_wait_anew(ctx->store);
}

void cm_context_group_begin(struct cm_context *ctx)
{
	ctx->grouped = true;
	if (ctx->store != NULL)
		cm_store_group_begin(ctx->store);
}

bool cm_context_group_is_open(const struct cm_context *ctx)
{
	return ctx->grouped && ctx->store != NULL && cm_store_group_is_open(ctx->store);
}

enum cm_status cm_context_group_leave(struct cm_context *ctx, struct cm_err *err)
{
	if (!ctx->grouped)
		return CM_OK;
	ctx->grouped = false;
	if (ctx->store != NULL)
		(void)cm_store_group_end(ctx->store, &ctx->undone);
	return ctx->undone.status == CM_OK
	           ? CM_OK
	           : cm_err_set(err, ctx->undone.status, "%s", ctx->undone.text);
}

enum cm_status cm_context_group_end(struct cm_context *ctx, struct cm_err *err)
{
	struct cm_err undone;

	(void)cm_context_group_leave(ctx, NULL);
	undone = ctx->undone;
	cm_err_clear(&ctx->undone);
	/* What could not be undone: what came later would never be committed. */
	if (ctx->store != NULL && cm_store_is_writing(ctx->store))
		close_store(ctx);
	return undone.status == CM_OK ? CM_OK : cm_err_set(err, undone.status, "%s", undone.text);
}

struct cm_buf *cm_context_keep(struct cm_context *ctx, const void *of, const void *form)
{
	struct cm_kept *grown;

	for (size_t i = 0; i < ctx->kept_count; i++) {
		if (ctx->kept[i].of == of && ctx->kept[i].form == form)
			return &ctx->kept[i].text;
	}
	grown = realloc(ctx->kept, (ctx->kept_count + 1) * sizeof *grown);
	if (grown == NULL)
		return NULL;
	ctx->kept = grown;
	grown[ctx->kept_count] = (struct cm_kept){.of = of, .form = form};
	return &grown[ctx->kept_count++].text;
}
