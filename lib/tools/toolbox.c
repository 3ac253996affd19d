#include "tools/toolbox.h"

#include "mcp/prompt.h"
#include "mcp/resource.h"
#include "store/organization.h"
#include "tools/application.h"
#include "tools/audit.h"
#include "tools/organization.h"
#include "tools/role.h"
#include "tools/token.h"
#include "tools/user.h"

static const struct cm_tool_set sets[] = {
    {cm_application_tools, CM_APPLICATION_TOOLS},
    {cm_organization_tools, CM_ORGANIZATION_TOOLS},
    {cm_user_tools, CM_USER_TOOLS},
    {cm_role_tools, CM_ROLE_TOOLS},
    {cm_permission_tools, CM_PERMISSION_TOOLS},
    {cm_token_tools, CM_TOKEN_TOOLS},
    {&cm_audit_tool, 1},
};

static const struct cm_resource_kind kinds[] = {
    {
        .kind = "application",
        .title = "Application",
        .description = "An application (OAuth client) with all its fields, without its secret",
        .get_tool = "get_application",
        .list_tool = "get_applications",
        .rows = "applications",
    },
    {
        .kind = "organization",
        .title = "Organisation",
        .description = "An organisation with all its fields",
        .get_tool = "get_organization",
        .list_tool = "get_organizations",
        .owner = CM_ORGANIZATION_OWNER,
        .rows = "organizations",
    },
    {
        .kind = "user",
        .title = "User",
        .description = "A user with all fields, without the password",
        .get_tool = "get_user",
        .list_tool = "get_users",
        .rows = "users",
    },
    {
        .kind = "role",
        .title = "Role",
        .description = "A role with its users and roles",
        .get_tool = "get_role",
        .list_tool = "get_roles",
        .rows = "roles",
    },
    {
        .kind = "permission",
        .title = "Permission",
        .description = "A permission: scopes that users and roles have or are denied",
        .get_tool = "get_permission",
        .list_tool = "get_permissions",
        .rows = "permissions",
    },
    {
        .kind = "token",
        .title = "Token",
        .description = "What is known of an access token, never the token itself",
        .get_tool = "get_token",
        .list_tool = "get_tokens",
        .rows = "tokens",
    },
};

static const struct cm_prompt prompts[] = {
    {
        .name = "register_application",
        .title = "Register an application",
        .description = "Registers an application (OAuth client) for a program",
        .scope = CM_SCOPE_WRITE_APPLICATION,
        .argument =
            {
                {.name = "name",
                 .title = "Name",
                 .description = "Name of the application, such as my-app",
                 .required = true},
                {.name = "redirect_uri",
                 .title = "Redirect URI",
                 .description = "Where people are sent back to after signing in, if they do",
                 .fallback = "none: it acts for itself, with client credentials"},
            },
        .text =
            "Register an application named {name} with add_application.\n"
            "Redirect URI: {redirect_uri}.\n"
            "First look with get_applications whether there is one for this purpose already; if "
            "so, tell me and stop. Ask me which scopes it needs, and give it no more than those. "
            "Leave out every field that needs no other value than its default. When it is "
            "created, show me its clientId and its clientSecret and say that the clientSecret "
            "can't be read again.",
    },
    {
        .name = "review_access",
        .title = "Review who can do what",
        .description = "Reviews what the applications and people of an organisation may do",
        .scope = CM_SCOPE_READ_APPLICATION,
        .argument =
            {
                {.name = "owner",
                 .title = "Organisation",
                 .description = "The organisation to review; your own when left out",
                 .fallback = "my own",
                 .completes = CM_COMPLETES_OWNER},
            },
        .text = "Review who can do what in this organisation: {owner}.\n"
                "Read all pages of get_applications. Make a table of name, scopes, grant types and "
                "the time of the last change. Of get_users, get_roles and get_permissions, those "
                "that you have, read all pages too, and make a table of people: their own scopes, "
                "their roles, and what permissions allow or deny them; say which of the three you "
                "could not read. Then list, most serious first, what deserves a second look: "
                "scopes wider than the name and description suggest, redirect URIs on hosts that "
                "differ from the others', grant types that are not needed, names that look like "
                "tests, applications without a description, administrators, people who are "
                "disabled and still in a role. Change nothing.",
    },
    {
        .name = "rotate_secret",
        .title = "Rotate a secret",
        .description = "Gives an application a new secret without surprises",
        .scope = CM_SCOPE_WRITE_APPLICATION,
        .argument =
            {
                {.name = "application",
                 .title = "Application",
                 .description = "The application's id, such as my-org/my-app",
                 .required = true,
                 .completes = CM_COMPLETES_ID},
            },
        .text = "Give the application {application} a new secret.\n"
                "First show it to me with get_application and ask whether it is the right one and "
                "whether whoever runs it is ready: the old secret stops working at once. After I "
                "agree, call rotate_application_secret, show me the new clientSecret once, and say "
                "that it can't be read again.",
    },
};

const struct cm_toolbox cm_toolbox = {
    .set = sets,
    .sets = sizeof sets / sizeof *sets,
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .prompt = prompts,
    .prompts = sizeof prompts / sizeof *prompts,
};
