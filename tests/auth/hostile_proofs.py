"""Hostile proofs: what somebody might send instead of a DPoP proof for a request, by what is wrong with it."""

import hmac
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from tests.auth.proof_maker import EC, ISSUED_AT, KEYS, TOKEN, URL, ath, b64, claims, header, part, proof

_PUBLIC: Final[dict[str, Any]] = {name: key.as_dict(private=False) for name, key in KEYS.items()}


def _headers() -> Mapping[str, object]:
    jwk = _PUBLIC["ES256"]
    return {
        "type of a token": header(typ="at+jwt"),
        "type of any JWT": header(typ="JWT"),
        "type in capitals": header(typ="DPOP+JWT"),
        "type as a list": header(typ=["dpop+jwt"]),
        "no type": header(typ=None),
        "no algorithm": header(alg=None),
        "algorithm that is not ours": header(alg="ES384"),
        "algorithm as a list": header(alg=["ES256"]),
        "algorithm of another key": header(alg="RS256"),
        "no key": header(jwk=None),
        "key as a text": header(jwk=EC.thumbprint()),
        "key as a list": header(jwk=[jwk]),
        "empty key": header(jwk={}),
        "private key": header(jwk=EC.as_dict(private=True)),
        "private part that is empty": header(jwk={**jwk, "d": None}),
        "symmetric part": header(jwk={**jwk, "k": "c2VjcmV0"}),
        "another key": header(jwk=ECKey.generate_key("P-256").as_dict(private=False)),
        "key of another kind": header(jwk=_PUBLIC["Ed25519"]),
        "kind in small letters": header(jwk={**jwk, "kty": "ec"}),
        "curve of another name": header(jwk={**jwk, "crv": "P-384"}),
        "curve as a list": header(jwk={**jwk, "crv": ["P-256"]}),
        "point that is not on the curve": header(jwk={**jwk, "y": jwk["x"]}),
        "point of zeros": header(jwk={**jwk, "x": "A" * 43, "y": "A" * 43}),
        "coordinate with padding": header(jwk={**jwk, "x": jwk["x"] + "="}),
        "coordinate with a zero before it": header(jwk={**jwk, "x": "AA" + jwk["x"]}),
        "coordinate with a line's end": header(jwk={**jwk, "x": jwk["x"][1:] + "\n"}),
        "coordinate as a number": header(jwk={**jwk, "x": 1}),
        "key by its id only": header(jwk=None, kid=EC.thumbprint()),
        "key by an address": header(jwk=None, jku="https://client.example/jwks"),
        "an extension": header(crit=["exp"], exp=1),
        "an extension as a number": header(crit=1),
        "a raw payload": header(crit=["b64"], b64=False),
        "a header that is a text": "alg typ jwk",
        "a header that is a list": [header()],
        "a header too deep": b"[" * 2_400,
        "a key too deep": b'{"alg":"ES256","typ":"dpop+jwt","jwk":' + b"[" * 1_200 + b"]" * 1_200 + b"}",
    }


def _bodies() -> Mapping[str, object]:
    old, ahead = ISSUED_AT - 61, ISSUED_AT + 6
    return {
        "another method": claims(htm="GET"),
        "method in small letters": claims(htm="post"),
        "methods as a list": claims(htm=["POST"]),
        "no method": claims(htm=None),
        "another path": claims(htu="https://gateway.example/oauth/token"),
        "path with a slash more": claims(htu=URL + "/"),
        "path in capitals": claims(htu="https://gateway.example/GraphQL"),
        "another host": claims(htu="https://gateway.example.net/graphql"),
        "another port": claims(htu="https://gateway.example:8443/graphql"),
        "port that is no number": claims(htu="https://gateway.example:https/graphql"),
        "port out of range": claims(htu="https://gateway.example:99999/graphql"),
        "another scheme": claims(htu="http://gateway.example/graphql"),
        "scheme of sockets": claims(htu="wss://gateway.example/graphql"),
        "no scheme": claims(htu="//gateway.example/graphql"),
        "path only": claims(htu="/graphql"),
        "somebody before the host": claims(htu="https://gateway.example@other.example/graphql"),
        "us before the host": claims(htu="https://me@gateway.example/graphql"),
        "backslash": claims(htu="https://gateway.example\\graphql"),
        "space before the address": claims(htu=f" {URL}"),
        "tab in the address": claims(htu="https://gate\tway.example/graphql"),
        "line's end after the address": claims(htu=f"{URL}\n"),
        "another script": claims(htu="https://gаteway.example/graphql"),  # noqa: RUF001 -- a Cyrillic letter
        "half a bracket": claims(htu="https://[::1/graphql"),
        "addresses as a list": claims(htu=[URL]),
        "no address": claims(htu=None),
        "too old": claims(iat=old),
        "too old by a fraction": claims(iat=old + 0.999),
        "in the future": claims(iat=ahead),
        "no time": claims(iat=None),
        "time as a text": claims(iat=str(ISSUED_AT)),
        "time that is true": claims(iat=True),
        "time that is no number": claims(iat=float("nan")),
        "time at infinity": claims(iat=float("inf")),
        "time beyond floats": claims(iat=10**400),
        "time long ago": claims(iat=-(10**400)),
        "no id": claims(jti=None),
        "empty id": claims(jti=""),
        "id that is too long": claims(jti="a" * 257),
        "id as a number": claims(jti=1),
        "hash of no token": claims(ath=None),
        "hash of another token": claims(ath=ath("another")),
        "hash with padding": claims(ath=ath() + "="),
        "hash in hex": claims(ath=urlsafe_b64decode(ath() + "==").hex()),
        "hash as a list": claims(ath=[ath()]),
        "hash with a lone surrogate": claims(ath="\ud800"),
        "the token itself": claims(ath=TOKEN),
        "claims as a list": [claims()],
        "claims as a text": "claims",
        "claims that are not JSON": b"{",
        "claims that are not text": b"\xff\xfe",
        "claims too deep": b"[" * 2_000,
        "no claims": {},
    }


def _other_keys() -> Mapping[str, str]:
    with pytest.warns(SecurityWarning):
        small = RSAKey.generate_key(1024)
    rsa, edwards = KEYS["RS256"], KEYS["Ed25519"]
    jwk, tiny = _PUBLIC["RS256"], small.as_dict(private=False)
    hidden = {**tiny, "n": b64(bytes(128) + urlsafe_b64decode(f"{tiny['n']}=="))}
    p384, ed448 = ECKey.generate_key("P-384"), OKPKey.generate_key("Ed448")
    heads: dict[str, tuple[dict[str, Any], Key, str]] = {
        "RSA of 1024 bits": (header(alg="RS256", jwk=tiny), small, "RS256"),
        "RSA of 1024 bits with zeros before": (header(alg="RS256", jwk=hidden), small, "RS256"),
        "RSA of 8192 bits": (header(alg="RS256", jwk={**jwk, "n": "_" * 1366}), rsa, "RS256"),
        "RSA with the exponent 1": (header(alg="RS256", jwk={**jwk, "e": "AQ"}), rsa, "RS256"),
        "RSA with a long exponent": (header(alg="RS256", jwk={**jwk, "e": jwk["n"]}), rsa, "RS256"),
        "private RSA": (header(alg="RS256", jwk=rsa.as_dict(private=True)), rsa, "RS256"),
        "RSA by PSS": (header(alg="PS256", jwk=jwk), rsa, "PS256"),
        "RSA with SHA-512": (header(alg="RS512", jwk=jwk), rsa, "RS512"),
        "private Ed25519": (header(alg="EdDSA", jwk=edwards.as_dict(private=True)), edwards, "Ed25519"),
        "Ed448": (header(alg="EdDSA", jwk=ed448.as_dict(private=False)), ed448, "Ed448"),
        "Ed448 by its name": (header(alg="Ed448", jwk=ed448.as_dict(private=False)), ed448, "Ed448"),
        "P-384": (header(alg="ES384", jwk=p384.as_dict(private=False)), p384, "ES384"),
        "P-384 as ES256": (header(jwk=p384.as_dict(private=False)), p384, "ES384"),
    }
    return {name: proof(head, key=key, algorithm=algorithm) for name, (head, key, algorithm) in heads.items()}


def _texts() -> Mapping[str, str]:
    good, secret = proof(), OctKey.import_key(b"a secret of thirty-two bytes....")
    by_public_key = f"{part(header(alg='HS256'))}.{part(claims())}"
    mac = b64(hmac.digest(EC.as_pem(private=False), by_public_key.encode(), "sha256"))
    by_secret = header(alg="HS256", jwk=secret.as_dict(private=True))
    return {
        "nothing": "",
        "a word": "proof",
        "dots": "..",
        "long text": "a" * 4097,
        "two proofs in one header": f"{good}, {proof(None, claims(jti='2'))}",
        "two signatures": f"{good}.{good.split('.')[2]}",
        "no signature": good.rsplit(".", 1)[0] + ".",
        "half a signature": good[:-43],
        "alg none": f"{part(header(alg='none'))}.{part(claims())}.",
        "the public key as a secret": f"{by_public_key}.{mac}",
        "a symmetric key": proof(by_secret, key=secret, algorithm="HS256"),
        "claims of another proof": ".".join((good.split(".")[0], part(claims(jti="2")), good.split(".")[2])),
    }


def hostile() -> dict[str, str]:
    """Return the proofs; each is sent alone, for a POST to URL with TOKEN."""
    return {
        **{name: proof(head) for name, head in _headers().items()},
        **{name: proof(None, body) for name, body in _bodies().items()},
        **_other_keys(),
        **_texts(),
    }
