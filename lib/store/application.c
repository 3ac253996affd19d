#include "store/application.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/query.h"

enum { LONG_TEXT = 65536 };

/* Rows for the fields that are kept and handed back, but have no meaning here. */
#define TEXT(field, limit, about)                                                                  \
	{                                                                                          \
		.name = field, .type = CM_FIELD_STRING, .max = limit, .description = about         \
	}
#define LINK(field, limit, about)                                                                  \
	{                                                                                          \
		.name = field, .type = CM_FIELD_STRING, .form = CM_FORM_URL, .max = limit,         \
		.description = about                                                               \
	}
#define FLAG(field, about)                                                                         \
	{                                                                                          \
		.name = field, .type = CM_FIELD_BOOL, .description = about                         \
	}
#define COUNT(field, least, most, about)                                                           \
	{                                                                                          \
		.name = field, .type = CM_FIELD_INTEGER, .min = least, .max = most,                \
		.description = about                                                               \
	}
#define WORDS(field, about)                                                                        \
	{                                                                                          \
		.name = field, .type = CM_FIELD_STRINGS, .max = 100, .description = about          \
	}
#define ITEMS(field, rows, about)                                                                  \
	{                                                                                          \
		.name = field, .type = CM_FIELD_OBJECTS, .max = 100, .members = rows,              \
		.description = about                                                               \
	}
#define END                                                                                        \
	{                                                                                          \
		.name = NULL                                                                       \
	}

static const struct cm_field scope_item[] = {
    {.name = "name",
     .type = CM_FIELD_STRING,
     .flags = CM_FIELD_REQUIRED,
     .form = CM_FORM_SCOPE,
     .description = "The scope, such as read:application"},
    TEXT("displayName", 100, "What people see"),
    TEXT("description", 1000, "What the scope is for"),
    WORDS("tools", "Kept as given; which tools a scope allows is fixed by the server"),
    END,
};

static const struct cm_field provider_item[] = {
    TEXT("owner", 100, "Owner of the provider"),
    TEXT("name", 100, "Name of the provider"),
    FLAG("canSignUp", "Whether people may sign up with it"),
    FLAG("canSignIn", "Whether people may sign in with it"),
    FLAG("canUnlink", "Whether people may unlink it"),
    WORDS("bindingRule", "What is compared to find the person's account"),
    WORDS("countryCodes", "Countries whose phone numbers it takes"),
    FLAG("prompted", "Whether it is offered after sign-up"),
    TEXT("signupGroup", 100, "Group of people who sign up with it"),
    TEXT("rule", 100, "When it is used"),
    {.name = "provider", .type = CM_FIELD_OBJECT, .description = "The provider itself"},
    END,
};

static const struct cm_field signin_method[] = {
    TEXT("name", 100, "The method, such as Password"),
    TEXT("displayName", 100, "What people see"),
    TEXT("rule", 100, "When it is offered"),
    END,
};

static const struct cm_field signup_item[] = {
    TEXT("name", 100, "The item of the sign-up page"),
    FLAG("visible", "Whether it is shown"),
    FLAG("required", "Whether it must be filled in"),
    FLAG("prompted", "Whether it is asked for after sign-up"),
    TEXT("type", 100, "Kind of input"),
    TEXT("customCss", LONG_TEXT, "Style"),
    TEXT("label", LONG_TEXT, "Label"),
    TEXT("placeholder", 1000, "Placeholder"),
    WORDS("options", "Choices"),
    TEXT("regex", 1000, "Pattern that the input must match"),
    TEXT("rule", 100, "How the input is checked"),
    END,
};

static const struct cm_field signin_item[] = {
    TEXT("name", 100, "The item of the sign-in page"),
    FLAG("visible", "Whether it is shown"),
    TEXT("label", LONG_TEXT, "Label"),
    TEXT("customCss", LONG_TEXT, "Style"),
    TEXT("placeholder", 1000, "Placeholder"),
    TEXT("rule", 100, "How it is used"),
    FLAG("isCustom", "Whether it was made by hand"),
    END,
};

static const struct cm_field saml_item[] = {
    TEXT("name", 200, "Name of the attribute"),
    TEXT("nameFormat", 200, "Format of the name"),
    TEXT("value", 1000, "Value of the attribute"),
    END,
};

static const struct cm_field jwt_item[] = {
    TEXT("name", 200, "Name of the claim"),
    TEXT("category", 100, "Where its value comes from"),
    TEXT("value", 1000, "Value of the claim"),
    TEXT("type", 100, "Type of the value"),
    END,
};

static const struct cm_field scope_description[] = {
    TEXT("scope", 100, "The scope"),
    TEXT("displayName", 100, "What people see"),
    TEXT("description", 1000, "What it allows"),
    END,
};

static const struct cm_field theme_data[] = {
    TEXT("themeType", 30, "Theme"),
    TEXT("colorPrimary", 10, "Main colour"),
    COUNT("borderRadius", 0, 1000, "Radius of corners in pixels"),
    FLAG("isCompact", "Whether the layout is compact"),
    FLAG("isEnabled", "Whether the theme is used"),
    END,
};

static const char *const auth_methods[] = {
    "", "client_secret_basic", "client_secret_post", "private_key_jwt", "none", NULL,
};

static const char *const consent_policies[] = {"once", "always", "never", NULL};

static const char *const grant_types[] = {
    "client_credentials",
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    NULL,
};

/* The columns stand in the order of the fragment application_columns in sql/queries. */
static const struct cm_field fields[] = {
    {.name = "owner",
     .column = "owner",
     .form = CM_FORM_NAME,
     .description =
         "Organisation that manages the application; when left out, that of organization"},
    {.name = "name",
     .column = "name",
     .flags = CM_FIELD_REQUIRED,
     .form = CM_FORM_NAME,
     .description = "Name, unique for its owner; owner/name is the application's id"},
    {.name = "organization",
     .column = "organization",
     .form = CM_FORM_NAME,
     .description = "Organisation whose resources its tokens reach; when left out, that of owner"},
    {.name = "displayName",
     .column = "display_name",
     .description = "What people see; the name when left out"},
    {.name = "description",
     .column = "description",
     .max = LONG_TEXT,
     .fallback = "\"\"",
     .description = "What the application is for"},
    {.name = "createdTime",
     .column = "created_at_s",
     .type = CM_FIELD_TIME,
     .flags = CM_FIELD_READ_ONLY,
     .description = "When it was created"},
    {.name = "updatedTime",
     .column = "updated_at_s",
     .type = CM_FIELD_TIME,
     .flags = CM_FIELD_READ_ONLY,
     .description = "When it was last changed"},
    {.name = "clientId",
     .column = "client_id",
     .flags = CM_FIELD_CREATE_ONLY,
     .form = CM_FORM_NAME,
     .description = "OAuth client_id; made by the server when left out, never changed"},
    {.name = "scopes",
     .column = "scopes",
     .type = CM_FIELD_OBJECTS,
     .max = 100,
     .members = scope_item,
     .fallback = "[]",
     .description = "Scopes that its tokens may have, each within the caller's own"},
    {.name = "grantTypes",
     .column = "grant_types",
     .type = CM_FIELD_STRINGS,
     .max = 10,
     .values = grant_types,
     .fallback = "[\"client_credentials\"]",
     .description = "OAuth grants that it may use"},
    {.name = "redirectUris",
     .column = "redirect_uris",
     .type = CM_FIELD_STRINGS,
     .form = CM_FORM_REDIRECT_URI,
     .max = 100,
     .fallback = "[]",
     .description = "Where an authorization may send people back to"},
    {.name = "expireInHours",
     .column = "expire_in_hours",
     .type = CM_FIELD_NUMBER,
     .max = 8760,
     .fallback = "0",
     .description = "Life of its access tokens in hours; 0 takes the server's setting"},
    {.name = "tokenEndpointAuthMethod",
     .column = "token_endpoint_auth_method",
     .values = auth_methods,
     .fallback = "\"\"",
     .description = "How it authenticates at the token endpoint; when empty, with its secret by "
                    "client_secret_basic or client_secret_post; none for a public client"},
    {.name = "consentPolicy",
     .column = "consent_policy",
     .values = consent_policies,
     .fallback = "\"once\"",
     .description = "Whether people are asked before it gets a token in their name"},
    {.name = "jwks",
     .column = "jwks",
     .type = CM_FIELD_OBJECT,
     .fallback = "{}",
     .description = "Its public keys for private_key_jwt, a JSON Web Key Set (RFC 7517)"},
    {.column = "client_secret_sha256", .flags = CM_FIELD_HIDDEN},
    {.column = "scope", .flags = CM_FIELD_HIDDEN},
    {.column = "properties", .flags = CM_FIELD_HIDDEN, .fallback = "{}"},

    {.name = "clientSecret",
     .flags = CM_FIELD_READ_ONLY | CM_FIELD_ONCE,
     .description = "OAuth client_secret; told once, when it is made"},
    TEXT("category", 20, "Category"),
    TEXT("type", 20, "Type within the category"),
    LINK("logo", 200, "URL of the logo"),
    TEXT("title", 100, "Title of its pages"),
    LINK("favicon", 200, "URL of the icon"),
    COUNT("order", -1000000, 1000000, "Position in lists"),
    LINK("homepageUrl", 100, "URL of the home page"),
    TEXT("cert", 100, "Name of the certificate"),
    TEXT("defaultGroup", 100, "Group of people who sign up"),
    TEXT("defaultTag", 100, "Tag of people who sign up"),
    TEXT("headerHtml", LONG_TEXT, "HTML for the head of its pages"),
    TEXT("pageHtml", LONG_TEXT, "HTML for its pages"),
    FLAG("enablePassword", "Whether people sign in with a password"),
    FLAG("enableSignUp", "Whether people may sign up"),
    FLAG("enableGuestSignin", "Whether guests may sign in"),
    FLAG("disableSignin", "Whether signing in is switched off"),
    FLAG("enableSigninSession", "Whether a sign-in is kept as a session"),
    FLAG("enableAutoSignin", "Whether a session signs in by itself"),
    FLAG("enableCodeSignin", "Whether people sign in with a code"),
    FLAG("enableExclusiveSignin", "Whether a new sign-in ends the others"),
    FLAG("enableSamlCompress", "Whether SAML messages are compressed"),
    FLAG("enableSamlC14n10", "Whether SAML uses canonical XML 1.0"),
    FLAG("enableSamlPostBinding", "Whether SAML uses the POST binding"),
    FLAG("disableSamlAttributes", "Whether SAML attributes are left out"),
    FLAG("enableSamlAssertionSignature", "Whether SAML assertions are signed"),
    FLAG("useEmailAsSamlNameId", "Whether the e-mail address is the SAML NameID"),
    FLAG("enableWebAuthn", "Whether people sign in with WebAuthn"),
    FLAG("enableLinkWithEmail", "Whether accounts are linked by e-mail address"),
    TEXT("orgChoiceMode", 100, "How people choose an organisation"),
    LINK("samlReplyUrl", 500, "URL of SAML replies"),
    ITEMS("providers", provider_item, "Providers that it uses"),
    ITEMS("signinMethods", signin_method, "Ways to sign in"),
    ITEMS("signupItems", signup_item, "Items of the sign-up page"),
    ITEMS("signinItems", signin_item, "Items of the sign-in page"),
    {.name = "organizationObj",
     .type = CM_FIELD_OBJECT,
     .flags = CM_FIELD_READ_ONLY,
     .description = "Not kept; Casdoor fills it in"},
    {.name = "certPublicKey",
     .flags = CM_FIELD_READ_ONLY,
     .description = "Not kept; Casdoor fills it in"},
    WORDS("tags", "Tags of people who may use it"),
    ITEMS("samlAttributes", saml_item, "SAML attributes"),
    TEXT("samlHashAlgorithm", 20, "Digest of SAML signatures"),
    TEXT("samlC14nPrefix", 100, "Prefix of canonical XML"),
    FLAG("isShared", "Whether all organisations share it"),
    TEXT("ipRestriction", 1000, "Restriction by address"),
    TEXT("clientCert", 100, "Name of the client's certificate"),
    LINK("backchannelLogoutUri", 500, "URL told of sign-outs"),
    LINK("forcedRedirectOrigin", 100, "Origin that redirects are forced to"),
    TEXT("tokenFormat", 100, "Format of tokens in Casdoor; here they are RFC 9068 JWTs"),
    TEXT("tokenSigningMethod", 100, "Signature of tokens in Casdoor; here a setting decides"),
    WORDS("tokenFields", "Claims of tokens in Casdoor"),
    ITEMS("tokenAttributes", jwt_item, "Further claims of tokens in Casdoor"),
    {.name = "refreshExpireInHours",
     .type = CM_FIELD_NUMBER,
     .max = 87600,
     .description = "Life of refresh tokens in hours"},
    COUNT("cookieExpireInHours", 0, 87600, "Life of cookies in hours"),
    LINK("signupUrl", 200, "URL of the sign-up page"),
    LINK("signinUrl", 200, "URL of the sign-in page"),
    LINK("forgetUrl", 200, "URL for a forgotten password"),
    LINK("affiliationUrl", 100, "URL that lists affiliations"),
    TEXT("ipWhitelist", 200, "Addresses that may use it"),
    LINK("termsOfUse", 200, "URL of the terms of use"),
    TEXT("signupHtml", LONG_TEXT, "HTML of the sign-up page"),
    TEXT("signinHtml", LONG_TEXT, "HTML of the sign-in page"),
    {.name = "themeData",
     .type = CM_FIELD_OBJECT,
     .members = theme_data,
     .description = "Look of its pages"},
    TEXT("footerHtml", LONG_TEXT, "HTML of the foot of its pages"),
    TEXT("formCss", LONG_TEXT, "Style of forms"),
    TEXT("formCssMobile", LONG_TEXT, "Style of forms on phones"),
    COUNT("formOffset", -1000, 1000, "Position of forms"),
    TEXT("formSideHtml", LONG_TEXT, "HTML beside forms"),
    LINK("formBackgroundUrl", 200, "Background of forms"),
    LINK("formBackgroundUrlMobile", 200, "Background of forms on phones"),
    COUNT("failedSigninLimit", 0, 1000000, "Failed sign-ins before an account is frozen"),
    COUNT("failedSigninFrozenTime", 0, 1000000, "Minutes that an account stays frozen"),
    COUNT("codeResendTimeout", 0, 1000000, "Seconds before a code may be sent again"),
    ITEMS("customScopes", scope_description, "Descriptions of scopes on the consent page"),
    TEXT("domain", 100, "Domain of the reverse proxy"),
    WORDS("otherDomains", "Further domains of the reverse proxy"),
    TEXT("upstreamHost", 100, "Host behind the reverse proxy"),
    TEXT("sslMode", 100, "TLS mode of the reverse proxy"),
    TEXT("sslCert", 100, "Certificate of the reverse proxy"),
    {.name = "registrationAccessToken", .flags = CM_FIELD_READ_ONLY, .description = "Never told"},
};

const struct cm_entity cm_application_entity = {
    .name = "application",
    .plural = "applications",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .get = CM_STMT_APPLICATION_GET,
    .list = CM_STMT_APPLICATION_LIST,
    .list_of_owner = CM_STMT_APPLICATION_LIST_OF_OWNER,
    .insert = CM_STMT_APPLICATION_INSERT,
    .update = CM_STMT_APPLICATION_UPDATE,
    .remove = CM_STMT_APPLICATION_DELETE,
};
