"""A reader of the pages over plain HTTP, who keeps cookies and fills in forms."""

import http.client
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode

PASSWORD: Final = "vechirnii-tramvai-42"
POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'{agent}; img-src 'self' data:; "
    "font-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_INLINE: Final = r"<script[^>]*>(?!</script>)|<style|\bstyle=|\bon[a-z]+=|javascript:|[\"'(]https?://"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.text)
        return read

    @property
    def form(self) -> dict[str, str]:
        """The fields of the page's first form, as the page fills them."""
        return self.forms[0]

    @property
    def forms(self) -> list[dict[str, str]]:
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms

    @property
    def words(self) -> str:
        """What a reader reads: no markup, single spaces."""
        reader = _Words()
        reader.feed(self.text)
        return " ".join(" ".join(reader.words).split())

    def assert_guarded(self, host: str, agent: str = "") -> None:
        """See that a page is under the policy, holds nothing inline and loads nothing from any host."""
        assert self.headers["content-security-policy"] == POLICY.format(agent=agent)
        assert self.headers["cache-control"] == "no-store"
        assert self.headers["referrer-policy"] == "same-origin"
        assert self.headers["x-content-type-options"] == "nosniff"
        text = self.text.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert re.findall(_INLINE, text) == []
        assert host not in text

    @property
    def links(self) -> list[str]:
        return [link.replace("&amp;", "&") for link in re.findall(r'<a [^>]*href="([^"]*)"', self.text)]


def ask(
    host: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: str | None = None
) -> Answer:
    connection = http.client.HTTPConnection(host.replace("localhost", "127.0.0.1"), timeout=20)
    try:
        connection.request(method, path, body, {"host": host, **(headers or {})})  # the path goes out as it is written
        response = connection.getresponse()
        pairs = [(name.lower(), value) for name, value in response.getheaders()]
        jar = SimpleCookie()
        for name, value in pairs:
            if name == "set-cookie":
                jar.load(value)
        cookies = {name: morsel.value for name, morsel in jar.items()}
        return Answer(response.status, dict(pairs), cookies, response.read().decode())
    finally:
        connection.close()


@dataclass(slots=True)
class Visitor:
    """One browser, in a reader's words: it keeps cookies and tells where its forms come from."""

    host: str
    language: str = "en"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask(path, "GET", headers, None)

    def post(self, path: str, form: Mapping[str, str] | Sequence[tuple[str, str]], **headers: str) -> Answer:
        own = {
            "origin": f"http://{self.host}",
            "sec-fetch-site": "same-origin",
            "content-type": "application/x-www-form-urlencoded",
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask(path, "POST", {**own, **given}, urlencode(form))

    def sign_in(self, login: str, password: str = PASSWORD, at: str = "/sign-in/password") -> Answer:
        page = self.get(at)
        return self.post("/sign-in/password/callback", {**page.form, "login": login, "password": password})

    def register(self, login: str, return_to: str = "/") -> Answer:
        form = {"name": "Olena Koval", "email": login, "password": PASSWORD, "return_to": return_to}
        return self.post("/register", form)

    def is_in(self) -> bool:
        """Tell whether the browser is signed in."""
        return self.get("/security").status == 200

    def _ask(self, path: str, method: str, headers: Mapping[str, str], body: str | None) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"accept-language": self.language, **({"cookie": cookies} if cookies else {}), **headers}
        answer = ask(self.host, path, method, sent, body)
        for name, value in answer.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and self.forms and given.get("name") and given.get("type") != "checkbox":
            self.forms[-1][given["name"] or ""] = given.get("value") or ""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)
