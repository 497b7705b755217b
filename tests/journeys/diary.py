"""The diary of a browser: what all of its pages asked for, what was refused to them, and what they complained of."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

_VIOLATIONS: Final = "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective))"
_REFUSAL: Final = "Failed to load resource: the server responded with a status of"


class Diary:
    """Written by itself; `foreign` are requests that a page made of another host than its own."""

    def __init__(self, context: "BrowserContext") -> None:
        self.requests: list[str] = []
        self.foreign: list[str] = []
        self.refusals: list[int] = []
        self.complaints: list[str] = []
        context.on("request", self.note_request)
        context.on("response", self.note_response)
        context.on("console", self.note_message)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("page", lambda page: page.on("websocket", lambda opened: self.requests.append(opened.url)))
        context.add_init_script(_VIOLATIONS)

    def note_request(self, request: "Request") -> None:
        self.requests.append(request.url)
        if not request.is_navigation_request() and host_of(request.url) != host_of(request.frame.url):
            self.foreign.append(request.url)

    def note_response(self, response: "Response") -> None:
        if response.status >= 400:
            self.refusals.append(response.status)

    def note_message(self, message: "ConsoleMessage") -> None:
        if message.type == "error" and not message.text.startswith(_REFUSAL):  # which is noted by its status
            self.complaints.append(message.text)

    def assert_clean(self, hosts: Collection[str], refusals: Sequence[int]) -> None:
        outside = [url for url in self.requests if host_of(url) not in hosts and not url.startswith("data:")]
        assert (outside, self.foreign, self.complaints, self.refusals) == ([], [], [], [*refusals])


def host_of(url: str) -> str:
    return urlsplit(url).netloc
