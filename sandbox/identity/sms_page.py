"""The page of a phone: who you are, what you send to the short number, and what came. One form, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from starlette.responses import HTMLResponse

from sandbox.identity.people import Person
from sandbox.identity.sms_inbox import Text

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phone (stand-in)</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem }}
select, input, button {{ font: inherit; width: 100%; padding: .5rem; margin-bottom: 1rem; box-sizing: border-box }}
li {{ white-space: pre-line; margin-bottom: .5rem }}
</style>
</head>
<body>
<main>
<h1>Phone</h1>
<p>A stand-in: nobody here is real. Messages go to the short number {short_number}.</p>
<form method="post" action="/phone">
<label for="phone">Phone</label>
<select id="phone" name="phone" required>
{people}
</select>
<label for="text">Message</label>
<input id="text" name="text" value="P" required>
<button>Send</button>
</form>
<h2>Received</h2>
<p>A message takes a second or two: <a href="">look again</a>.</p>
<ul>
{texts}
</ul>
</main>
</body>
</html>
"""


def phone_page(people: Iterable[Person], phone: str | None, short_number: str, texts: Sequence[Text]) -> HTMLResponse:
    """Show a phone: newest message first."""
    options = (
        f'<option value="{escape(person.phone)}"{" selected" if person.phone == phone else ""}>'
        f"{escape(person.phone)} {escape(person.full_name)}</option>"
        for person in people
    )
    items = (f"<li>{escape(text.text)}</li>" for text in reversed(texts))
    page = _PAGE.format(short_number=escape(short_number), people="\n".join(options), texts="\n".join(items))
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})
