"""The login page of id.gov.ua's stand-in: one form, no script, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from starlette.responses import HTMLResponse

from sandbox.identity.id_gov_ua_person import METHODS
from sandbox.identity.people import Person

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>id.gov.ua (stand-in)</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem }}
select, button {{ font: inherit; width: 100%; padding: .5rem; margin-bottom: 1rem }}
[role=alert] {{ color: #a00000 }}
</style>
</head>
<body>
<main>
<h1>id.gov.ua</h1>
<p>A stand-in: nobody here is real. Choose who you are.</p>
{alert}
<form method="post" action="/login?{query}">
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
_NO_STORE = {"Cache-Control": "no-store"}


def login_page(people: Iterable[Person], methods: Sequence[str], query: str, alert: str = "") -> HTMLResponse:
    """Ask who is here and how they prove it.

    Args:
        people: who can sign in.
        methods: the ways that the client asked for.
        query: the client's request, as it came.
        alert: what was wrong with the choice before (HTTP 422).
    """
    page = _PAGE.format(
        alert=f'<p role="alert">{escape(alert)}</p>' if alert else "",
        query=escape(query),
        people="\n".join(_option(person.login, _label(person)) for person in people),
        methods="\n".join(_option(method, METHODS[method]) for method in methods),
    )
    return HTMLResponse(page, status_code=422 if alert else 200, headers=_NO_STORE)


def refusal_page(reason: str) -> HTMLResponse:
    """Refuse a client's request that leads nowhere."""
    text = f"<!doctype html><title>id.gov.ua</title><h1>Wrong request</h1><p>{escape(reason)}</p>"
    return HTMLResponse(text, status_code=400, headers=_NO_STORE)


def maintenance_page() -> HTMLResponse:
    """Say, with HTTP 200, that there is maintenance."""
    return HTMLResponse("<!doctype html><title>id.gov.ua</title><h1>Технічні роботи</h1>")


def _label(person: Person) -> str:
    company = f", {person.organisation.name}" if person.organisation else ""
    return f"{person.full_name} ({person.login}{company})"


def _option(value: str, text: str) -> str:
    return f'<option value="{escape(value)}">{escape(text)}</option>'
