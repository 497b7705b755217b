"""Security headers of pages for people: a content security policy (CSP level 3) and what else browsers obey.

The referrer policy is `same-origin`: other sites learn nothing, and a form's `Origin` is told to ourselves. With
`no-referrer` browsers send `Origin: null` (Fetch, 3.2), and no form of ours could be told from a stranger's.
"""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_RULES: Final[Mapping[str, str]] = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


def policy(**more: str) -> str:
    """Write the policy: nothing inline, nothing to or from another host, no frames.

    `more` widens or replaces rules by name with `_` for `-`: a value that begins with `+` is added to the rule's own.
    """
    rules = dict(_RULES)
    for name, value in more.items():
        rule = name.replace("_", "-")
        rules[rule] = f"{rules[rule]} {value[1:]}" if value.startswith("+") else value
    return "; ".join(f"{rule} {value}" for rule, value in rules.items())


def guards(content_policy: str) -> dict[str, str]:
    """Return the headers that go with a policy."""
    return {
        "content-security-policy": content_policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }


class Guarded:
    """Add the security headers to every answer of some routes, refusals (404, 405) included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add to the answer's headers."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in guards(policy()).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded)
