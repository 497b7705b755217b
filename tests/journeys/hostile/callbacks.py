"""What a browser may bring back from a provider, or post to a page of ours, without having signed in."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from tests.journeys.guests import Guest

Pairs = list[tuple[str, str]]
BROWSER: Final = "__Host-gridgate-browser"


@dataclass(frozen=True, slots=True)
class Coming:
    """What somebody comes back with: a code and the state under which it was asked for."""

    code: str
    state: str


def hostile_callbacks(
    begin: Callable[[Guest], Coming], guest: Guest, stranger: Guest, state_elsewhere: str
) -> Iterator[tuple[str, Guest, str]]:
    """Give hostile callbacks of a redirect: what is wrong, who comes, and the query.

    Args:
        begin: signs somebody in at the provider, up to where the browser is about to return.
        guest: whose browser it is.
        stranger: somebody else, at another browser.
        state_elsewhere: a state that this browser was given for another way to sign in.
    """
    ours, theirs = begin(guest), begin(stranger)
    forgotten = Guest(guest.host)
    renamed = Guest(guest.host, cookies={BROWSER: stranger.cookies[BROWSER][::-1]})
    by_pairs: dict[str, tuple[Guest, Pairs]] = {
        "no state": (guest, [("code", ours.code)]),
        "an empty state": (guest, [("code", ours.code), ("state", "")]),
        "a state that nobody drew": (guest, [("code", ours.code), ("state", "A" * 43)]),
        "a state cut short": (guest, [("code", ours.code), ("state", ours.state[:-1])]),
        "a state with a letter more": (guest, [("code", ours.code), ("state", f"{ours.state}A")]),
        "a state in other letters": (guest, [("code", ours.code), ("state", ours.state.swapcase())]),
        "a state with a space": (guest, [("code", ours.code), ("state", f" {ours.state}")]),
        "a state of another browser": (guest, [("code", theirs.code), ("state", theirs.state)]),
        "a state in a browser without cookies": (forgotten, [("code", ours.code), ("state", ours.state)]),
        "a state in a browser with another cookie": (renamed, [("code", ours.code), ("state", ours.state)]),
        "a state of another way": (guest, [("code", ours.code), ("state", state_elsewhere)]),
        "a state twice, theirs first": (
            guest,
            [("code", ours.code), ("state", theirs.state), ("state", ours.state)],
        ),
        "a state twice, theirs last": (guest, [("code", ours.code), ("state", ours.state), ("state", theirs.state)]),
        "a state in an array": (guest, [("code", ours.code), ("state[]", ours.state)]),
        "a state as a huge text": (guest, [("code", ours.code), ("state", "A" * 30_000)]),
        "a state with a null": (guest, [("code", ours.code), ("state", "\x00")]),
        "a state in another script": (guest, [("code", ours.code), ("state", "їїї")]),
        "a state that is a statement": (guest, [("code", ours.code), ("state", "' OR 1=1 --")]),
    }
    for name, (who, pairs) in by_pairs.items():
        yield name, who, urlencode(pairs)
    yield "a state that is no text", guest, f"code={ours.code}&state=%FF%FE"
    using_up: dict[str, Callable[[Coming], Pairs]] = {
        "a code twice, theirs first": lambda own: [("code", theirs.code), ("code", own.code), ("state", own.state)],
        "a code twice, theirs last": lambda own: [("code", own.code), ("code", theirs.code), ("state", own.state)],
        "an error beside the code": lambda own: [
            ("error", "access_denied"), ("code", own.code), ("state", own.state),
        ],
        "an error of nobody": lambda own: [("error", "<script>"), ("state", own.state)],
        "an error": lambda own: [("error", "access_denied"), ("state", own.state)],
        "no code": lambda own: [("state", own.state)],
        "an empty code": lambda own: [("code", ""), ("state", own.state)],
        "a code that nobody drew": lambda own: [("code", own.code[::-1]), ("state", own.state)],
        "a code with a null": lambda own: [("code", "\x00"), ("state", own.state)],
        "a code in another script": lambda own: [("code", "код"), ("state", own.state)],
        "a code that is a path": lambda own: [("code", "../../etc/passwd"), ("state", own.state)],
        "a code with more parameters": lambda own: [("code", "x&grant_type=one_log_out"), ("state", own.state)],
        "a code as a huge text": lambda own: [("code", "A" * 30_000), ("state", own.state)],
    }  # fmt: skip
    for name, pairs_of in using_up.items():
        yield name, guest, urlencode(pairs_of(begin(guest)))


def hostile_signatures(good: Mapping[str, str], of_another: str) -> dict[str, str]:
    """Return what is no signature of this browser's challenge, by what is wrong with it."""
    signature = good["pkcs7"]
    changed = bytearray(signature.encode())
    changed[len(changed) // 2] ^= 1
    return {
        "of another browser's challenge": of_another,
        "that was changed": changed.decode(),
        "cut short": signature[: len(signature) // 2],
        "with more behind it": signature + b64encode(b"more").decode(),
        "of nothing": "",
        "in no alphabet": "!!!!",
        "in another script": "підпис",
        "of zeros": b64encode(bytes(2_000)).decode(),
        "of open lengths without end": b64encode(b"\x30\x80" * 10_000).decode(),
        "of a length beyond all": b64encode(b"\x30\x84\xff\xff\xff\xff").decode(),
        "that is a word": b64encode(b"signature").decode(),
        "that is huge": "A" * 70_000,
    }


CREDENTIALS: Final[dict[str, str]] = {
    "nothing": "",
    "a word": "passkey",
    "a number": "7",
    "a list": "[]",
    "an empty object": "{}",
    "null": "null",
    "an object that ends nowhere": '{"id":',
    "a list without a bottom": "[" * 5_000,
    "an id and no response": '{"id": "AAAA", "type": "public-key"}',
    "an id that is a number": '{"id": 7, "rawId": 7, "response": {}, "type": "public-key"}',
    "an id that is a statement": '{"id": "\' OR 1=1 --", "rawId": "AAAA", "response": {}, "type": "public-key"}',
    "an id that nobody has": '{"id": "AAAA", "rawId": "AAAA", "response": {"userHandle": null}, "type": "public-key"}',
    "a response that is a text": '{"id": "AAAA", "rawId": "AAAA", "response": "AAAA", "type": "public-key"}',
    "a customer's handle alone": '{"id": "AAAA", "rawId": "AAAA", "response": {"userHandle": "AAAA"}}',
    "another type": '{"id": "AAAA", "rawId": "AAAA", "response": {}, "type": "password"}',
    "lone surrogates": '{"id": "\\ud800", "response": {"userHandle": "\\ud800"}}',
    "a number beyond all": '{"id": "AAAA", "response": {"userHandle": 1e999}}',
    "a huge text": '{"id": "' + "A" * 200_000 + '"}',
}
"""What is no credential of a passkey."""
