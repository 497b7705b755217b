"""What somebody may send to the webhooks of the SMS operator, with its secret and without."""

from collections.abc import Iterator
from typing import Final

GOOD: Final = (
    '<sms-request version="1.0"><message id="{}" msisdn="998901112233">'
    '<content type="text/plain">P</content></message></sms-request>'
)
_BOMB: Final = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))

INBOUND: Final[dict[str, tuple[bytes, str]]] = {
    "nothing": (b"", "text/xml"),
    "no document": (b"P", "text/plain"),
    "JSON": (b'{"message_id": "1", "from": "998901112233", "text": "P"}', "application/json"),
    "a form": (b"message_id=1&from=998901112233&text=P", "application/x-www-form-urlencoded"),
    "another document": (b"<html/>", "text/xml"),
    "half a document": (GOOD.format(1).encode()[:-9], "text/xml"),
    "two documents": (GOOD.format(1).encode() * 2, "text/xml"),
    "a message without an id": (b'<sms-request><message msisdn="998901112233"/></sms-request>', "text/xml"),
    "a message without a sender": (b'<sms-request><message id="1"/></sms-request>', "text/xml"),
    "an id without end": (GOOD.format("1" * 300).encode(), "text/xml"),
    "a billion laughs": (
        f'<!DOCTYPE x [<!ENTITY e0 "ha">{_BOMB}]>{GOOD.format("&e9;")}'.encode(), "text/xml",
    ),
    "a file": (
        f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>{GOOD.format("&f;")}'.encode(), "text/xml",
    ),
    "an address": (
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:1/">]>{GOOD.format("&a;")}'.encode(), "text/xml",
    ),
    "a definition elsewhere": (
        f'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">{GOOD.format(1)}'.encode(), "text/xml",
    ),
    "a parameter entity": (
        f'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>{GOOD.format(1)}'.encode(), "text/xml",
    ),
    "a bomb in UTF-16": (
        f'<!DOCTYPE x [<!ENTITY e0 "ha">{_BOMB}]>{GOOD.format("&e9;")}'.encode("utf-16"), "text/xml",
    ),
    "a bomb in UTF-7": (b"<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE x+AD4-", "text/xml"),
    "an entity of nobody": (GOOD.format("&nobody;").encode(), "text/xml"),
    "elements too deep": (b"<sms-request>" + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</sms-request>", "text/xml"),
    "bytes that are no text": (b"\xff\xfe\x00\xd8" * 10, "text/xml"),
    "a null": (GOOD.format(1).encode() + b"\x00", "text/xml"),
    "too much": (GOOD.format(1).encode() + b" " * 70_000, "text/xml"),
    "far too much": (b"<sms-request>" + b"x" * 1_500_000, "text/xml"),
}  # fmt: skip
"""Bodies that hold no message, by what they are, with their types."""

_OTHER_WORDS: Final = ("PIN", "Please", "", "&lt;script&gt;P&lt;/script&gt;", "P" * 1_000)
_OTHER_PHONES: Final = ("15005550006", "380501112233", "998", "0", "+", "9989011122334455667788", "P")


def ignored_messages() -> Iterator[tuple[str, bytes]]:
    """Give messages that ask for nothing, or come from where nothing is sent to."""
    for number, word in enumerate(_OTHER_WORDS):
        yield f"that says {word[:30]!r}", GOOD.format(f"w{number}").replace(">P<", f">{word}<").encode()
    for phone in _OTHER_PHONES:
        yield f"from {phone}", GOOD.format(f"p{phone}").replace("998901112233", phone).encode()


def secrets_beside(secret: str) -> Iterator[tuple[str, str]]:
    """Give what is not the secret of the webhooks."""
    yield "another secret", "A" * len(secret)
    yield "a secret cut short", secret[:-1]
    yield "a longer secret", f"{secret}A"
    yield "a secret in other letters", secret.swapcase()
    yield "no secret", ""
    yield "an encoded null", f"{secret}%00"
    yield "bytes that are no text", "%FF%FE"
    yield "another script", "%D1%97" * 10
