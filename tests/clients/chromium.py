"""What browser.mjs wants: a server with people and a client of the administrator's."""

import json
import os
import shutil

PASSWORD = "correct horse battery"
WEB_CALLBACK = "https://app.example/callback"
SCOPES = ["read:application", "write:application"]


def missing():
    """Why the browser's tests can't run; None when they can."""
    lacks = [name for name in ("chromium", "sqlite3") if not shutil.which(name)]
    return f"not installed for the tests in the browser: {' '.join(lacks)}" if lacks else None


def prepare(server, binary):
    """Add who takes part; the environment of the script."""
    for name in ("alice", "bob", "carol"):
        server.run("user", "add", f"my-org/{name}", f"email={name}@example.org",
                   "scopes=" + " ".join(SCOPES), code=0, data=PASSWORD.encode() + b"\n")
    web = server.application("my-org/web", "displayName=Web shop", "consentPolicy=once",
                             "redirectUris=" + json.dumps([WEB_CALLBACK]),
                             "grantTypes=" + json.dumps(["authorization_code"]),
                             "scopes=" + json.dumps([{"name": scope} for scope in SCOPES]))
    return {
        **server.env,
        "CASEMENT_DB": server.database,
        "CASEMENT_ISSUER": server.server.url,
        "CASEMENT_CHROMIUM": shutil.which("chromium"),
        "CASEMENT_SCREENSHOTS": os.path.join(os.path.dirname(binary), "screenshots"),
        "CASEMENT_USER": "my-org/alice",
        "CASEMENT_USER_LOCKED": "my-org/bob",
        "CASEMENT_USER_OTHER": "my-org/carol",
        "CASEMENT_PASSWORD": PASSWORD,
        "CASEMENT_WEB_CLIENT_ID": web.id,
        "CASEMENT_WEB_CLIENT_SECRET": web.secret,
    }
