"""
The OAuth client of the official Python SDK, given nothing but the URL of the server: it meets 401,
finds out where tokens come from, registers, sends a person to sign in, and ends with a tool call.

The table of what worked goes to the file named in CASEMENT_RESULTS.
"""

import asyncio
import contextlib
import html.parser
import json
import logging
import os
import sys
import urllib.parse

import httpx2
import mcp
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from clients import STATELESS, URL, caught, ok, told

READ = "read:application"
CALLBACK = "http://127.0.0.1:7777/callback"
ORIGIN = URL.removesuffix("/api/mcp")


class Form(html.parser.HTMLParser):
    """The first form of a page."""

    def __init__(self, text):
        super().__init__()
        self.action = None
        self.fields = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.action = attributes["action"]
        elif tag == "input":
            self.fields[attributes["name"]] = attributes.get("value", "")


class Person:
    """Signs in and decides, in a browser that keeps cookies."""

    def __init__(self):
        self.browser = httpx2.AsyncClient(timeout=60)

    async def follow(self, answer):
        """Go on until there is a page or an address that is not the server's."""
        for _ in range(10):
            target = answer.headers.get("Location", "")
            if answer.status_code != 303 or not target.startswith(ORIGIN + "/"):
                return answer
            answer = await self.browser.get(target)
        raise AssertionError("redirects without end")

    async def press(self, answer, action, **typed):
        """Send the form of a page."""
        form = Form(answer.text)
        return await self.follow(await self.browser.post(
            urllib.parse.urljoin(str(answer.url), form.action),
            data={**form.fields, **typed, "action": action}))

    async def allow(self, url):
        """Say yes to an authorization request; the query of the redirect."""
        answer = await self.follow(await self.browser.get(url))
        if "password" in Form(answer.text).fields:
            answer = await self.press(answer, "sign-in", username=os.environ["CASEMENT_USER"],
                                      password=os.environ["CASEMENT_PASSWORD"])
        answer = await self.press(answer, "allow")
        target = answer.headers.get("Location", "")
        ok(target.startswith(CALLBACK + "?"), f"{answer.status_code} {target}")
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query))


class Storage:
    """What an application keeps, in memory."""

    def __init__(self):
        self.tokens = self.client = None

    async def get_tokens(self):
        """The last tokens."""
        return self.tokens

    async def set_tokens(self, tokens):
        """New tokens came."""
        self.tokens = tokens

    async def get_client_info(self):
        """The registration."""
        return self.client

    async def set_client_info(self, client_info):
        """The client registered itself."""
        self.client = client_info


class Application:
    """A program with the SDK's provider, and its user."""

    def __init__(self, person, storage=None):
        self.person = person
        self.storage = storage or Storage()
        self.asked = []             # the authorization requests so far
        self.scope = None           # what it asks for instead of what the SDK proposes
        self.change = {}            # what is changed of the redirect on its way
        self.redirect = None
        metadata = OAuthClientMetadata(
            client_name="Casement's tests", redirect_uris=[CALLBACK],
            grant_types=["authorization_code", "refresh_token"],
            token_endpoint_auth_method="none")
        self.provider = OAuthClientProvider(URL, metadata, self.storage, self.ask, self.answer)

    async def ask(self, url):
        """The SDK wants the person to go there."""
        self.asked.append(url)
        if self.scope:
            parts = urllib.parse.urlsplit(url)
            query = dict(urllib.parse.parse_qsl(parts.query), scope=self.scope)
            url = parts._replace(query=urllib.parse.urlencode(query)).geturl()
        self.redirect = await self.person.allow(url)

    async def answer(self):
        """The SDK wants what the redirect brought."""
        told = {**self.redirect, **self.change}
        return AuthorizationCodeResult(code=told["code"], state=told["state"], iss=told.get("iss"))


@contextlib.asynccontextmanager
async def connected(mode, provider):
    """A client that gets its tokens from this provider."""
    async with httpx2.AsyncClient(auth=provider, timeout=60) as http, \
            mcp.Client(streamable_http_client(URL, http_client=http), mode=mode) as client:
        await client.list_tools()       # a stateless client says nothing before that
        yield client


async def use_tools(client):
    """What the person wanted all along."""
    ok((await client.list_tools()).tools, "no tools")
    answer = await client.call_tool("get_applications", {})
    ok(not answer.is_error and "my-org" in answer.content[0].text, answer.content[0].text)


class Features:
    """One method a feature, in the order of the table; each may say "–"."""

    def __init__(self, mode):
        self.mode = mode
        self.person = Person()

    async def url_to_tool_call(self):
        """All of it."""
        application = Application(self.person)
        async with connected(self.mode, application.provider) as client:
            await use_tools(client)
        ok(len(application.asked) == 1, f"asked {len(application.asked)} times")
        ok(application.storage.client.client_id, "no registration")

    async def later_run(self):
        """With what the first one kept, nobody is asked."""
        first = Application(self.person)
        async with connected(self.mode, first.provider):
            pass
        later = Application(self.person, first.storage)
        async with connected(self.mode, later.provider) as client:
            await use_tools(client)
        ok(not later.asked, "the person was asked again")

    async def refresh(self):
        """The SDK refreshes what it takes for expired."""
        application = Application(self.person)
        async with connected(self.mode, application.provider) as client:
            for _ in range(2):
                old = application.storage.tokens
                application.provider.context.token_expiry_time = 1
                await use_tools(client)
                new = application.storage.tokens
                ok(new.access_token != old.access_token, "no new access token")
                ok(new.refresh_token != old.refresh_token, "the refresh token stayed")
        ok(len(application.asked) == 1, "the person was asked again")

    async def refresh_refused(self):
        """Then the person is asked again."""
        application = Application(self.person)
        async with connected(self.mode, application.provider) as client:
            application.provider.context.token_expiry_time = 1
            application.provider.context.current_tokens.refresh_token = "lost"
            await use_tools(client)
        ok(len(application.asked) == 2, f"asked {len(application.asked)} times")

    async def step_up(self):
        """A tool that wants more than was granted first."""
        application = Application(self.person)
        application.scope = READ
        name = f"stepped-up-python-{self.mode}"
        async with connected(self.mode, application.provider) as client:
            ok(application.storage.tokens.scope == READ, application.storage.tokens.scope)
            application.scope = None
            answer = await client.call_tool("add_application", {"application": {"name": name}})
            ok(not answer.is_error, answer.content[0].text)
            await use_tools(client)
        ok(len(application.asked) == 2, f"asked {len(application.asked)} times")

    async def checks_iss(self):
        """Of another server, or of none, it is no answer."""
        for iss in ("http://127.0.0.1:1", None):
            application = Application(self.person)
            application.change = {"iss": iss}

            async def use(provider=application.provider):
                async with connected(self.mode, provider):
                    pass
            said = await caught(use())
            ok("iss" in said, said)
            ok(application.redirect.get("iss") == ORIGIN, application.redirect)
            ok(application.storage.tokens is None, "tokens")

    async def client_credentials(self):
        """Without a person."""
        provider = ClientCredentialsOAuthProvider(
            URL, Storage(), os.environ["CASEMENT_CLIENT_ID"],
            os.environ["CASEMENT_CLIENT_SECRET"], scope=READ, issuer=ORIGIN)
        async with connected(self.mode, provider) as client:
            await use_tools(client)


FEATURES = {name.replace("_", " "): name for name in vars(Features) if not name.startswith("_")}
TITLES = {"url to tool call": "URL to tool call", "step up": "step-up"}


async def run_case(title, mode):
    """A row of the table, and the number of failures."""
    row, failed = {}, 0
    features = Features(mode)
    for words, name in FEATURES.items():
        feature = TITLES.get(words, words)
        try:
            row[feature] = await getattr(features, name)() or "yes"
        except Exception as error:      # pylint: disable=broad-except
            row[feature] = "NO"
            failed += 1
            print(f"FAILED {title}: {feature}: {told(error)}")
    await features.person.browser.aclose()
    return row, failed


def main():
    """Run all; the exit status."""
    logging.disable(logging.CRITICAL)       # the SDK logs every refusal with its traceback
    table, failed = {}, 0
    for title, mode in (("mcp 2.x (Python)", "legacy"),
                        (f"mcp 2.x (Python) {STATELESS}", STATELESS)):
        table[title], more = asyncio.run(run_case(title, mode))
        failed += more
    with open(os.environ["CASEMENT_RESULTS"], "w", encoding="utf-8") as results:
        json.dump(table, results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
