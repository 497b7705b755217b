"""Access tokens that somebody made, changed, found or was given for something else, by what is wrong with each."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from auth.key_ring import read_ring
from auth.keys import KEYS_FILE
from gateway.browsers import SESSION_COOKIE
from tests.demo_store import DemoStore

_ALL: Final = ["ES256", "RS256", "HS256", "none"]


@dataclass(frozen=True, slots=True)
class Forge:
    """The keys of a demo, and the claims of a token that it issued: what a forger could dream of."""

    key: ECKey
    next_key: ECKey
    header: dict[str, Any]
    claims: dict[str, Any]

    @classmethod
    def of(cls, store: DemoStore, token: str) -> Self:
        """Take a demo's keys from its folder, and a token apart."""
        ring = read_ring(store.path.with_name(KEYS_FILE).read_text("utf-8"))
        header, claims = (json.loads(urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
        return cls(ring.signing.key, ring.keys[-1].key, header, claims)

    def signed(self, header: Mapping[str, object] | None = None, key: Any = None, **changes: object) -> str:  # noqa: ANN401 -- any key
        """Sign the claims with changes; a change to None leaves one out."""
        head = {name: value for name, value in {**self.header, **(header or {})}.items() if value is not None}
        claims = {name: value for name, value in {**self.claims, **changes}.items() if value is not None}
        return jwt.encode(head, claims, key or self.key, algorithms=_ALL, default_type=None)

    def by_hand(self, header: Mapping[str, object], signature: str = "") -> str:
        """Write the claims under a header, with whatever for a signature."""
        return f"{part({**self.header, **header})}.{part(self.claims)}.{signature}"

    def under(self, header: Mapping[str, object]) -> str:
        """Sign the claims under a header that a library may refuse to write."""
        head = {name: value for name, value in {**self.header, **header}.items() if value is not None}
        text = f"{part(head)}.{part(self.claims)}"
        signature = JWSRegistry.algorithms["ES256"].sign(text.encode(), self.key)
        return f"{text}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    def by_public_key(self) -> str:
        """Sign by the public key, as if it were a secret: what a verifier falls for that takes any algorithm."""
        text = self.by_hand({"alg": "HS256"}).rstrip(".")
        mac = hmac.digest(self.key.as_pem(private=False), text.encode(), "sha256")
        return f"{text}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def part(value: object) -> str:
    """Write a part of a token."""
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def hostile_cookies(secret: str, token: str, browser: str, ended: str) -> dict[str, str]:
    """Return what is no session's secret: `secret` is one, beside an access token, another cookie and an ended one."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return {
        "of nothing": "",
        "of a word": "x",
        "cut short": secret[:-1],
        "with a letter more": f"{secret}A",
        "in other letters": secret.swapcase(),
        "that is its hash": digest,
        "that is another cookie": browser,
        "that is an access token": token,
        "that has ended": ended,
        "that is a statement": "' OR 1=1 --",
        "with a null": "%00",
        "in another script": "ї".encode().decode("latin-1"),
        "that is huge": "A" * 6_000,
        "after another": f"x; {SESSION_COOKIE}=y",
    }


def hostile_tokens(forge: Forge, good: str, found: Mapping[str, str]) -> dict[str, str]:
    """Return tokens by what is wrong with them; `found` are secrets of other kinds."""
    now, head, body, signature = int(time.time()), *good.split(".")
    stranger, stranger_rsa = ECKey.generate_key("P-256"), RSAKey.generate_key(2048)
    issuer, subject = forge.claims["iss"], forge.claims["sub"]
    earlier: dict[str, object] = {
        "iat": now - 700,
        "iat_us": (now - 700) * 1_000_000,
        "exp": now - 100,
        "auth_time": now - 700,
    }
    by_claims: dict[str, dict[str, object]] = {
        "of another issuer": {"iss": "https://evil.example"},
        "of our issuer with a slash": {"iss": f"{issuer}/"},
        "of no issuer": {"iss": None},
        "for another audience": {"aud": "https://evil.example"},
        "for us among others": {"aud": [issuer, "https://evil.example"]},
        "for nobody": {"aud": None},
        "for nobody in a list": {"aud": []},
        "expired": earlier,
        "without an end": {"exp": None},
        "that lives for long": {"exp": now + 86_400},
        "of tomorrow": {"iat": now + 86_400, "iat_us": (now + 86_400) * 1_000_000, "exp": now + 86_460},
        "without an id": {"jti": None},
        "of nobody": {"sub": None},
        "of a number": {"sub": 7},
        "without a sign-in": {"acr": None, "amr": None, "auth_time": None},
        "of a client that is the customer": {"client_id": subject},
        "of no client": {"client_id": None},
        "with scopes in a list": {"scope": ["profile:read"]},
        "without scopes": {"scope": None},
        "bound to a key": {"cnf": {"jkt": "A" * 43}},
        "bound to a certificate": {"cnf": {"x5t#S256": "A" * 43}},
    }
    by_header: dict[str, dict[str, object]] = {
        "that is an ID token": {"typ": "JWT"},
        "that is a proof": {"typ": "dpop+jwt"},
        "that is a client's assertion": {"typ": "client-authentication+jwt"},
        "that is of no type": {"typ": None},
        "by a key without an id": {"kid": None},
        "by a key of nobody": {"kid": "nobody"},
        "by a key in a file": {"kid": "../../../../dev/null"},
        "by a key in a table": {"kid": "' OR 1=1 --"},
        "by a key under another's id": {"kid": forge.next_key["kid"]},
        "by a key of its own": {"jwk": stranger.as_dict(private=False), "kid": None},
        "with an extension": {"crit": ["exp"]},
    }
    texts = {
        "unsigned": forge.by_hand({"alg": "none"}),
        "unsigned, in other letters": forge.by_hand({"alg": "nOnE"}),
        "unsigned, with a signature": forge.by_hand({"alg": "none"}, signature),
        "signed by the public key": forge.by_public_key(),
        "signed by a stranger": forge.signed(key=stranger),
        "signed by a stranger under a key of theirs": forge.signed(
            {"kid": None, "jwk": stranger.as_dict(private=False)}, stranger
        ),
        "signed by a stranger who tells where the key is": forge.signed({"jku": "https://evil.example"}, stranger),
        "signed by another algorithm": forge.signed({"alg": "RS256"}, stranger_rsa),
        "with its signature cut off": f"{head}.{body}.",
        "with its signature cut short": good[:-4],
        "with an empty signature of zeros": f"{head}.{body}.{'A' * 86}",
        "with another body": f"{head}.{part({**forge.claims, 'sub': 'somebody'})}.{signature}",
        "of two parts": f"{head}.{body}",
        "of four parts": f"{good}.{signature}",
        "that is encrypted": f"{part({'alg': 'dir', 'enc': 'A256GCM'})}....",
        "that is huge": good + "A" * 8_000,
        "of many dots": "." * 4_000,
        "nested too deep": f"{head}.{urlsafe_b64encode(b'[' * 2_000).decode()}.{signature}",
        "in no alphabet": "ї".encode().decode("latin-1") + good[1:],
        "with a null": f"{part('x')}.\x00.x".replace("\x00", "%00"),
        "of dots": "..",
        "of nothing": "",
        "of a word": "null",
    }
    return {
        **{name: forge.signed(None, **changes) for name, changes in by_claims.items()},
        **{name: forge.under(changes) for name, changes in by_header.items()},
        **texts,
        **found,
    }
