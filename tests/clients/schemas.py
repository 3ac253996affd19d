"""
Every recorded answer against the schemas that the Python SDK carries.

It was generated from the protocol's own schema.json of 2025-11-25 and 2026-07-28; the older
revisions are checked for their methods, and by the shape of 2025-11-25.
"""

import json
import os
import sys

import mcp_types
import mcp_types.methods

ERRORS = "an error"


def check(answer):
    """Raise what is wrong with an answer."""
    message, revision = answer["message"], answer["revision"]
    if "error" in message:
        mcp_types.JSONRPCError.model_validate({**message, "id": message.get("id")})
    else:
        mcp_types.JSONRPCResponse.model_validate(message)
        mcp_types.methods.validate_server_result(answer["method"], revision, message["result"])


def main():
    """Check all; the exit status."""
    table, failed = {}, 0
    with open(os.environ["CASEMENT_ANSWERS"], encoding="utf-8") as answers:
        for answer in map(json.loads, answers):
            row = table.setdefault(f"mcp 2.x (Python) {answer['revision']}", {})
            what = ERRORS if "error" in answer["message"] else answer["method"]
            try:
                check(answer)
            except Exception as error:      # pylint: disable=broad-except
                print(f"FAILED {answer['revision']} {what}: {error}\n  {answer['message']}")
                row[what] = "NO"
                failed += 1
            if row.get(what) != "NO":
                row[what] = row.get(what, 0) + 1
    with open(os.environ["CASEMENT_RESULTS"], "w", encoding="utf-8") as results:
        json.dump(dict(sorted(table.items())), results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
