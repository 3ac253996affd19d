#!/usr/bin/python3
"""
A client as a newcomer writes it: get a scoped token, say hello, list the tools, add an application.

Where and who come from the environment, as `casement init --env-file` writes them: CASEMENT_URL,
CASEMENT_TOKEN_URL, CASEMENT_CLIENT_ID, CASEMENT_CLIENT_SECRET.
"""

import argparse
import os
import sys

import requests

REVISION = "2024-11-05"
NAMES = ("CASEMENT_URL", "CASEMENT_TOKEN_URL", "CASEMENT_CLIENT_ID", "CASEMENT_CLIENT_SECRET")


def get_token(scope):
    """Ask for a token by the client_credentials grant."""
    answer = requests.post(os.environ["CASEMENT_TOKEN_URL"], timeout=60, data={
        "grant_type": "client_credentials",
        "client_id": os.environ["CASEMENT_CLIENT_ID"],
        "client_secret": os.environ["CASEMENT_CLIENT_SECRET"],
        "scope": scope,
    })
    answer.raise_for_status()
    return answer.json()["access_token"]


class Connection:
    """A session that sends the token with everything, and numbers its requests."""

    def __init__(self, url, token):
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = "Bearer " + token
        self.session.headers["Content-Type"] = "application/json"
        self.last_id = 0

    def ask(self, method, params=None):
        """A request; its whole answer."""
        self.last_id += 1
        message = {"jsonrpc": "2.0", "id": self.last_id, "method": method}
        if params is not None:
            message["params"] = params
        return self.session.post(self.url, json=message, timeout=60).json()

    def tell(self, method):
        """A notification."""
        return self.session.post(self.url, json={"jsonrpc": "2.0", "method": method}, timeout=60)


def report(answer, application):
    """Say how the last step went; the exit status."""
    error = answer.get("error")
    if error is None:
        text = answer["result"]["content"][0]["text"]
        if answer["result"].get("isError"):
            print(f"Not created: {text}")
            return 1
        print(f"Created application: {text}")
        return 0
    if error["code"] == -32001 and error["message"] == "insufficient_scope":
        print(f"Need scope: {error['data']['required_scope']}")
        print(f"Have scopes: {' '.join(error['data']['granted_scopes'])}")
        return 3
    print(f"Error for {application['name']}: {error['message']}")
    return 1


def main():
    """The steps, one after the other."""
    parser = argparse.ArgumentParser(description="Add an application through MCP.")
    parser.add_argument("--scope", default="read:application write:application")
    parser.add_argument("--name", default="example-app")
    arguments = parser.parse_args()
    for name in NAMES:
        if name not in os.environ:
            parser.error(f"{name} is not set; do first: set -a; . var/demo.env; set +a")
    connection = Connection(os.environ["CASEMENT_URL"], get_token(arguments.scope))
    hello = connection.ask("initialize", {
        "protocolVersion": REVISION,
        "capabilities": {},
        "clientInfo": {"name": "example-client", "version": "1"},
    })
    print(f"Server: {hello['result']['serverInfo']['name']}")
    connection.tell("notifications/initialized")
    tools = connection.ask("tools/list")["result"]["tools"]
    print(f"Tools: {' '.join(tool['name'] for tool in tools)}")
    application = {"owner": "my-org", "name": arguments.name,
                   "displayName": "Example Application", "organization": "my-org"}
    answer = connection.ask("tools/call", {"name": "add_application",
                                           "arguments": {"application": application}})
    return report(answer, application)


if __name__ == "__main__":
    sys.exit(main())
