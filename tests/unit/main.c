#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "suite.h"

/* Every suite: its declaration here, its address below. */
extern const struct cm_suite cm_suite_auth_access_token;
extern const struct cm_suite cm_suite_auth_access_token_again;
extern const struct cm_suite cm_suite_auth_access_token_check;
extern const struct cm_suite cm_suite_auth_assertion;
extern const struct cm_suite cm_suite_auth_client;
extern const struct cm_suite cm_suite_auth_context;
extern const struct cm_suite cm_suite_auth_context_group;
extern const struct cm_suite cm_suite_auth_issue;
extern const struct cm_suite cm_suite_auth_jwk;
extern const struct cm_suite cm_suite_auth_jwt;
extern const struct cm_suite cm_suite_auth_jwt_assertion;
extern const struct cm_suite cm_suite_auth_jwt_forged;
extern const struct cm_suite cm_suite_auth_key;
extern const struct cm_suite cm_suite_auth_libjwt_key;
extern const struct cm_suite cm_suite_auth_libjwt_type;
extern const struct cm_suite cm_suite_auth_password;
extern const struct cm_suite cm_suite_auth_person;
extern const struct cm_suite cm_suite_auth_principal;
extern const struct cm_suite cm_suite_auth_redirect_uri;
extern const struct cm_suite cm_suite_auth_scope;
extern const struct cm_suite cm_suite_auth_scope_grant;
extern const struct cm_suite cm_suite_auth_throttle;
extern const struct cm_suite cm_suite_auth_verified;
extern const struct cm_suite cm_suite_base_address;
extern const struct cm_suite cm_suite_base_buf;
extern const struct cm_suite cm_suite_base_clock;
extern const struct cm_suite cm_suite_base_counters;
extern const struct cm_suite cm_suite_base_crypto;
extern const struct cm_suite cm_suite_base_encode;
extern const struct cm_suite cm_suite_base_json;
extern const struct cm_suite cm_suite_base_json_value;
extern const struct cm_suite cm_suite_base_json_write;
extern const struct cm_suite cm_suite_base_log;
extern const struct cm_suite cm_suite_base_status;
extern const struct cm_suite cm_suite_base_text;
extern const struct cm_suite cm_suite_base_url;
extern const struct cm_suite cm_suite_doctor_finding;
extern const struct cm_suite cm_suite_doctor_visit;
extern const struct cm_suite cm_suite_fcgi_answer;
extern const struct cm_suite cm_suite_http_access_log;
extern const struct cm_suite cm_suite_http_answer;
extern const struct cm_suite cm_suite_http_cookie;
extern const struct cm_suite cm_suite_http_cors;
extern const struct cm_suite cm_suite_http_env;
extern const struct cm_suite cm_suite_http_exchange;
extern const struct cm_suite cm_suite_http_page;
extern const struct cm_suite cm_suite_http_params;
extern const struct cm_suite cm_suite_http_request;
extern const struct cm_suite cm_suite_http_response;
extern const struct cm_suite cm_suite_http_route;
extern const struct cm_suite cm_suite_http_route_table;
extern const struct cm_suite cm_suite_http_well_known;
extern const struct cm_suite cm_suite_mcp_batch;
extern const struct cm_suite cm_suite_mcp_completion;
extern const struct cm_suite cm_suite_mcp_endpoint;
extern const struct cm_suite cm_suite_mcp_envelope;
extern const struct cm_suite cm_suite_mcp_message;
extern const struct cm_suite cm_suite_mcp_method;
extern const struct cm_suite cm_suite_mcp_mirror;
extern const struct cm_suite cm_suite_mcp_prompts;
extern const struct cm_suite cm_suite_mcp_resources;
extern const struct cm_suite cm_suite_mcp_revision;
extern const struct cm_suite cm_suite_mcp_revision_table;
extern const struct cm_suite cm_suite_mcp_tool;
extern const struct cm_suite cm_suite_mcp_tools;
extern const struct cm_suite cm_suite_oauth_authorization_scope;
extern const struct cm_suite cm_suite_oauth_browser;
extern const struct cm_suite cm_suite_oauth_document;
extern const struct cm_suite cm_suite_oauth_metadata;
extern const struct cm_suite cm_suite_oauth_metadata_same;
extern const struct cm_suite cm_suite_oauth_register;
extern const struct cm_suite cm_suite_oauth_registration;
extern const struct cm_suite cm_suite_oauth_resource;
extern const struct cm_suite cm_suite_oauth_token;
extern const struct cm_suite cm_suite_oauth_token_answer;
extern const struct cm_suite cm_suite_oauth_token_client;
extern const struct cm_suite cm_suite_store_application;
extern const struct cm_suite cm_suite_store_assertion;
extern const struct cm_suite cm_suite_store_audit;
extern const struct cm_suite cm_suite_store_client;
extern const struct cm_suite cm_suite_store_device;
extern const struct cm_suite cm_suite_store_entity;
extern const struct cm_suite cm_suite_store_entity_list;
extern const struct cm_suite cm_suite_store_grant;
extern const struct cm_suite cm_suite_store_migration;
extern const struct cm_suite cm_suite_store_inspect;
extern const struct cm_suite cm_suite_store_log;
extern const struct cm_suite cm_suite_store_organization;
extern const struct cm_suite cm_suite_store_plan;
extern const struct cm_suite cm_suite_store_query;
extern const struct cm_suite cm_suite_store_session;
extern const struct cm_suite cm_suite_store_setting;
extern const struct cm_suite cm_suite_store_signing_key;
extern const struct cm_suite cm_suite_store_store;
extern const struct cm_suite cm_suite_store_store_file;
extern const struct cm_suite cm_suite_store_sweep;
extern const struct cm_suite cm_suite_store_throttle;
extern const struct cm_suite cm_suite_store_token;
extern const struct cm_suite cm_suite_store_transaction;
extern const struct cm_suite cm_suite_store_user;
extern const struct cm_suite cm_suite_store_vfs;
extern const struct cm_suite cm_suite_tools_access;
extern const struct cm_suite cm_suite_tools_application;
extern const struct cm_suite cm_suite_tools_arguments;
extern const struct cm_suite cm_suite_tools_check;
extern const struct cm_suite cm_suite_tools_check_nested;
extern const struct cm_suite cm_suite_tools_crud_change;
extern const struct cm_suite cm_suite_tools_crud_list;
extern const struct cm_suite cm_suite_tools_fields;
extern const struct cm_suite cm_suite_tools_round_trip;
extern const struct cm_suite cm_suite_tools_schema;
extern const struct cm_suite cm_suite_tools_tenancy;
extern const struct cm_suite cm_suite_tools_user;

static const struct cm_suite *const suites[] = {
    &cm_suite_auth_access_token,
    &cm_suite_auth_access_token_again,
    &cm_suite_auth_access_token_check,
    &cm_suite_auth_assertion,
    &cm_suite_auth_client,
    &cm_suite_auth_context,
    &cm_suite_auth_context_group,
    &cm_suite_auth_issue,
    &cm_suite_auth_jwk,
    &cm_suite_auth_jwt,
    &cm_suite_auth_jwt_assertion,
    &cm_suite_auth_jwt_forged,
    &cm_suite_auth_key,
    &cm_suite_auth_libjwt_key,
    &cm_suite_auth_libjwt_type,
    &cm_suite_auth_password,
    &cm_suite_auth_person,
    &cm_suite_auth_principal,
    &cm_suite_auth_redirect_uri,
    &cm_suite_auth_scope,
    &cm_suite_auth_scope_grant,
    &cm_suite_auth_throttle,
    &cm_suite_auth_verified,
    &cm_suite_base_address,
    &cm_suite_base_buf,
    &cm_suite_base_clock,
    &cm_suite_base_counters,
    &cm_suite_base_crypto,
    &cm_suite_base_encode,
    &cm_suite_base_json,
    &cm_suite_base_json_value,
    &cm_suite_base_json_write,
    &cm_suite_base_log,
    &cm_suite_base_status,
    &cm_suite_base_text,
    &cm_suite_base_url,
    &cm_suite_doctor_finding,
    &cm_suite_doctor_visit,
    &cm_suite_fcgi_answer,
    &cm_suite_http_access_log,
    &cm_suite_http_answer,
    &cm_suite_http_cookie,
    &cm_suite_http_cors,
    &cm_suite_http_env,
    &cm_suite_http_exchange,
    &cm_suite_http_page,
    &cm_suite_http_params,
    &cm_suite_http_request,
    &cm_suite_http_response,
    &cm_suite_http_route,
    &cm_suite_http_route_table,
    &cm_suite_http_well_known,
    &cm_suite_mcp_batch,
    &cm_suite_mcp_completion,
    &cm_suite_mcp_endpoint,
    &cm_suite_mcp_envelope,
    &cm_suite_mcp_message,
    &cm_suite_mcp_method,
    &cm_suite_mcp_mirror,
    &cm_suite_mcp_prompts,
    &cm_suite_mcp_resources,
    &cm_suite_mcp_revision,
    &cm_suite_mcp_revision_table,
    &cm_suite_mcp_tool,
    &cm_suite_mcp_tools,
    &cm_suite_oauth_authorization_scope,
    &cm_suite_oauth_browser,
    &cm_suite_oauth_document,
    &cm_suite_oauth_metadata,
    &cm_suite_oauth_metadata_same,
    &cm_suite_oauth_register,
    &cm_suite_oauth_registration,
    &cm_suite_oauth_resource,
    &cm_suite_oauth_token,
    &cm_suite_oauth_token_answer,
    &cm_suite_oauth_token_client,
    &cm_suite_store_application,
    &cm_suite_store_assertion,
    &cm_suite_store_audit,
    &cm_suite_store_client,
    &cm_suite_store_device,
    &cm_suite_store_entity,
    &cm_suite_store_entity_list,
    &cm_suite_store_grant,
    &cm_suite_store_migration,
    &cm_suite_store_inspect,
    &cm_suite_store_log,
    &cm_suite_store_organization,
    &cm_suite_store_plan,
    &cm_suite_store_query,
    &cm_suite_store_session,
    &cm_suite_store_setting,
    &cm_suite_store_signing_key,
    &cm_suite_store_store,
    &cm_suite_store_store_file,
    &cm_suite_store_sweep,
    &cm_suite_store_throttle,
    &cm_suite_store_token,
    &cm_suite_store_transaction,
    &cm_suite_store_user,
    &cm_suite_store_vfs,
    &cm_suite_tools_access,
    &cm_suite_tools_application,
    &cm_suite_tools_arguments,
    &cm_suite_tools_check,
    &cm_suite_tools_check_nested,
    &cm_suite_tools_crud_change,
    &cm_suite_tools_crud_list,
    &cm_suite_tools_fields,
    &cm_suite_tools_round_trip,
    &cm_suite_tools_schema,
    &cm_suite_tools_tenancy,
    &cm_suite_tools_user,
};

/* What tests log is wanted only by those that look at it. */
static void drop(const char *line, void *arg)
{
	(void)line;
	(void)arg;
}

/* Each test begins with the system's clock and random bytes, whatever the one before did. */
static void set_up(void)
{
	cm_clock_release();
	cm_crypto_random_source(NULL);
	cm_log_sink(drop, NULL);
}

static void report_failures(const CU_pFailureRecord failures)
{
	for (CU_pFailureRecord f = failures; f != NULL; f = f->pNext)
		printf("FAILED %s / %s\n    %s:%u: %s\n", f->pSuite->pName,
		       f->pTest == NULL ? "-" : f->pTest->pName, f->strFileName, f->uiLineNumber,
		       f->strCondition);
}

static void add_suite(const struct cm_suite *suite)
{
	CU_pSuite added =
	    CU_add_suite_with_setup_and_teardown(suite->name, NULL, NULL, set_up, NULL);

	for (size_t i = 0; i < suite->count; i++) {
		if (CU_add_test(added, suite->tests[i].name, suite->tests[i].run) == NULL) {
			fprintf(stderr, "%s: %s\n", suite->name, CU_get_error_msg());
			exit(EXIT_FAILURE);
		}
	}
}

/* unit [TEXT]: run the suites whose names hold TEXT, or all. */
int main(int argc, char **argv)
{
	unsigned failed, run;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
		if (argc < 2 || strstr(suites[i]->name, argv[1]) != NULL)
			add_suite(suites[i]);
	}
	CU_run_all_tests();
	report_failures(CU_get_failure_list());
	failed = CU_get_number_of_tests_failed();
	run = CU_get_number_of_tests_run();
	CU_cleanup_registry();
	printf("%u passed, %u failed, 0 skipped\n", run - failed, failed);
	return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
