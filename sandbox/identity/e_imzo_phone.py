"""The phone of E-IMZO's mobile way: what it reads in a scanned code, and the pages on which somebody signs with it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from html import escape
from string import Template

from sandbox.identity.people import Person

_CODE = re.compile(r"(?P<site>[0-9a-fA-F]{4})(?P<document>[0-9a-fA-F]{8})[0-9a-fA-F]{64}(?P<crc>[0-9a-f]{8})")
_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>E-IMZO ID-CARD (stand-in)</title>
<link rel="icon" href="data:,">
<style>
body { font: 1rem/1.5 sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem }
button { font: inherit; width: 100%; padding: .5rem; margin-bottom: .5rem }
</style>
</head>
<body>
<main>
<h1>E-IMZO ID-CARD</h1>
$matter
</main>
</body>
</html>
""")


def read_code(code: str, site_id: str) -> str:
    """Give the document's id in a scanned code, or nothing.

    A code is the site, the document, a hash and a CRC-32 of all before, in hexadecimal.
    """
    read = _CODE.fullmatch(code)
    if read is None or read["site"] != site_id:
        return ""
    crc = zlib.crc32(bytes.fromhex(code[: -len(read["crc"])]))
    return read["document"] if f"{crc:08x}" == read["crc"] else ""


def waiting_page(document_ids: Iterable[str]) -> str:
    """Write the page that lists what waits to be signed, the newest first."""
    items = (f'<li><a href="?document_id={escape(each)}">{escape(each)}</a></li>' for each in reversed([*document_ids]))
    found = "\n".join(items) or "<li>Nothing. Show a code on the sign-in page, then load this page again.</li>"
    return _PAGE.substitute(
        matter=f"<p>A stand-in: nobody here is real. What waits to be signed:</p>\n<ul>\n{found}\n</ul>"
    )


def phone_page(document_id: str, people: Iterable[Person]) -> str:
    """Write the page with a button for each of the people."""
    buttons = (
        f'<button name="login" value="{escape(each.login)}">{escape(each.full_name)}</button>' for each in people
    )
    hidden = f'<input type="hidden" name="document_id" value="{escape(document_id)}">'
    form = f'<form method="post" action="/phone">\n{hidden}\n{chr(10).join(buttons)}\n</form>'
    return _PAGE.substitute(matter=f"<p>Whose ID-card do you hold to this phone?</p>\n{form}")
