"""A person with a browser that keeps cookies and fills in forms, without a real browser."""

import base64
import hashlib
import html.parser
import secrets
import urllib.parse

import requests

import servers


class Page(html.parser.HTMLParser):
    """The first form of a page, and its text."""

    def __init__(self, reply):
        super().__init__()
        self.reply = reply
        self.forms = []
        self.words = []
        self.feed(reply.text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append({"action": attributes["action"], "method": attributes["method"],
                               "fields": {}})
        elif tag == "input" and self.forms:
            self.forms[-1]["fields"][attributes["name"]] = attributes.get("value", "")

    def handle_data(self, data):
        self.words.append(data)


class Browser:
    """Cookies, and the last page."""

    def __init__(self, http):
        self.http = http
        self.session = requests.Session()
        self.session.trust_env = False
        self.page = None

    def close(self):
        """Let go of the connection."""
        self.session.close()

    def send(self, method, url, **options):
        """One request without following redirects; to an absolute URL or a path of the program."""
        reply = self.session.request(method, self.http.url + url if url[0] == "/" else url,
                                     allow_redirects=False,
                                     timeout=servers.patient(60), **options)
        self.page = Page(reply)
        return reply

    def open(self, url):
        """GET, following redirects as long as they stay on the server."""
        return self.follow(self.send("GET", url))

    def follow(self, reply):
        """Go where the server sends; stops before leaving it."""
        for _ in range(10):
            target = reply.headers.get("Location", "")
            if reply.status_code != 303 or not target.startswith(self.http.url + "/"):
                return reply
            reply = self.send("GET", target)
        raise AssertionError("redirects without end")

    def submit(self, number=0, **fields):
        """Send a form of the page, with more fields; the reply itself."""
        form = self.page.forms[number]
        return self.send(form["method"].upper(),
                         urllib.parse.urljoin(self.page.reply.url, form["action"]),
                         data={**form["fields"], **fields},
                         headers={"Origin": "null"})

    def sign_in(self, username="alice", password="correct horse"):
        """Fill in the sign-in form and follow."""
        return self.follow(self.submit(username=username, password=password, action="sign-in"))

    def decide(self, action="allow"):
        """Say yes or no."""
        return self.follow(self.submit(action=action))


class Pkce:
    """A code verifier and its challenge (RFC 7636)."""

    def __init__(self):
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def parameters(reply):
    """The query of the redirect that a reply is, each name once."""
    query = urllib.parse.urlsplit(reply.headers["Location"]).query
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    if len(dict(pairs)) != len(pairs):
        raise AssertionError(f"a parameter occurs twice: {query}")
    return dict(pairs)
