"""The login page of OneID's stand-in: one form, no script, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from starlette.responses import HTMLResponse

from sandbox.identity.oneid_person import LEGAL_SIGNATURE, LOGIN_PASSWORD, MOBILE_ID, QR, SIGNATURE
from sandbox.identity.people import Person

METHODS = {
    LOGIN_PASSWORD: "Login and password",
    MOBILE_ID: "Mobile-ID",
    SIGNATURE: "E-signature (ERI)",
    LEGAL_SIGNATURE: "E-signature of an organisation",
    QR: "QR code",
}
"""The ways of signing in, by OneID's own words."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OneID (stand-in)</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem }}
select, button {{ font: inherit; width: 100%; padding: .5rem; margin-bottom: 1rem }}
[role=alert] {{ color: #a00000 }}
</style>
</head>
<body>
<main>
<h1>OneID</h1>
<p>A stand-in: nobody here is real. Choose who you are.</p>
{alert}
<form method="post" action="/login">
<input type="hidden" name="token_id" value="{token_id}">
<label for="person">Person</label>
<select id="person" name="person" required>
{people}
</select>
<label for="method">Method</label>
<select id="method" name="method" required>
{methods}
</select>
<button name="answer" value="sign-in">Sign in</button>
<button name="answer" value="refuse">Refuse</button>
</form>
</main>
</body>
</html>
"""
_MAINTENANCE = "<!doctype html><title>OneID</title><h1>Profilaktika ishlari</h1><p>Texnik ishlar olib borilmoqda.</p>"
_NO_STORE = {"Cache-Control": "no-store"}


def login_page(people: Iterable[Person], methods: Sequence[str], token_id: str, alert: str = "") -> HTMLResponse:
    """Ask who is here and how they prove it; `alert` says what was wrong with the choice before (HTTP 422)."""
    page = _PAGE.format(
        alert=f'<p role="alert">{escape(alert)}</p>' if alert else "",
        token_id=escape(token_id),
        people="\n".join(_option(person.login, _label(person)) for person in people),
        methods="\n".join(_option(method, METHODS.get(method, method)) for method in methods),
    )
    return HTMLResponse(page, status_code=422 if alert else 200, headers=_NO_STORE)


def expired_page() -> HTMLResponse:
    """Say that this attempt is unknown or too old."""
    text = "<!doctype html><title>OneID</title><h1>This page is too old</h1><p>Go back and begin again.</p>"
    return HTMLResponse(text, status_code=400, headers=_NO_STORE)


def maintenance_page() -> HTMLResponse:
    """Say, with HTTP 200, that there is maintenance."""
    return HTMLResponse(_MAINTENANCE)


def _label(person: Person) -> str:
    company = f", {person.organisation.name}" if person.organisation else ""
    return f"{person.full_name} ({person.login}{company})"


def _option(value: str, text: str) -> str:
    return f'<option value="{escape(value)}">{escape(text)}</option>'
