"""What a security review tests, line by line, and the tests that name each line."""

import re

LINES = {
    "A1": "token endpoint by POST, credentials never in the URI",
    "A2": "answers in JSON, not stored",
    "A3": "a repeated parameter is refused",
    "A4": "grant_type missing, unknown, not the client's",
    "A5": "client authentication first, with a challenge",
    "A6": "Basic is form-decoded; one method a request",
    "A7": "the registered method, no empty secret, no public client_credentials",
    "A8": "secrets: long, digests, slowed guessing, told once",
    "A9": "no password grant, no implicit grant",
    "A10": "client_credentials brings an access token alone",
    "A11": "unknown or unregistered scope",
    "A12": "a code: short, bound to client, redirect URI, challenge, resource",
    "A13": "a code once; replay revokes",
    "A14": "code_verifier",
    "A15": "refresh: bound, rotated, reuse revokes",
    "A16": "refresh never widens",
    "A17": "resource",
    "A18": "descriptions without secrets or internals",
    "A19": "redirect_uri exact, loopback port excepted",
    "A20": "bad client or redirect_uri: a page",
    "A21": "PKCE S256 for every code",
    "A22": "iss on success and error",
    "A23": "state unchanged; response_type code",
    "A24": "a POST with credentials is answered with 303",
    "A25": "consent page: who, where, what; form token, no framing",
    "A26": "sign-in: equal, slowed, a new session",
    "A27": "issuer is one string",
    "A28": "metadata in all places, 404 elsewhere",
    "A29": "metadata lists what works",
    "A30": "public URLs from the setting",
    "A31": "protected resource metadata",
    "A32": "registration validates",
    "A33": "registration answers with what holds",
    "A34": "self-registered clients get nothing without a person",
    "A35": "registration management",
    "A36": "registration is bounded",
    "A37": "client documents and SSRF",
    "A38": "introspection",
    "A39": "revocation",
    "R1": "access token claims",
    "R2": "algorithm, type, issuer, audience, time, keys",
    "R3": "token from the Authorization header alone",
    "R4": "401 with resource_metadata and scope",
    "R5": "403 with all scopes in one challenge",
    "R6": "tenancy, escalation, revocation at once",
    "R7": "origin, one parse, header mismatch",
    "U1": "metadata below a path, both forms",
    "U2": "the prefix in advertised URLs",
    "U3": "trailing slashes",
    "U4": "Authorization under its other name",
    "U5": "preflight, exposed headers",
    "U6": "registration off; the chosen method honoured",
    "U7": "desktop redirects",
    "U8": "refresh tokens when registered; two windows",
    "U9": "the challenge lists every scope",
    "U10": "iss advertised and sent",
    "U11": "errors have error statuses",
}


def lines_of(identity):
    """The lines that a test's name begins with, such as A5 and U6 of test_A5_U6_secret."""
    name = identity.rpartition(".test_")[2]
    return re.findall(r"([ARU]\d+)_", re.match(r"((?:[ARU]\d+_)*)", name).group(1))


def by_line(result):
    """For each line its tests with their outcomes."""
    found = {line: [] for line in LINES}
    for outcome, tests in (("passed", result.passed), ("FAILED", result.failed),
                           ("skipped", result.skipped_tests)):
        for test in tests:
            for line in lines_of(test):
                found[line].append((test, outcome))
    return found


def show(result):
    """Print line, test, result."""
    for line, tests in by_line(result).items():
        print(f"{line:4} {LINES[line]}")
        for test, outcome in sorted(tests):
            print(f"     {outcome:7} {test}")


def unproven(result):
    """The lines without a passing test."""
    return [line for line, tests in by_line(result).items()
            if not any(outcome == "passed" for _, outcome in tests)]
