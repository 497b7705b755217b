"""A table of ID tokens, callbacks and metadata that must not be believed: each is refused, and how many is printed."""

import hmac
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from auth.identity.oidc import OidcProvider
from auth.identity.port import ProviderUnavailable, SignInExpired, SignInRefused
from connectors.transport.deadline import Deadline
from tests.auth.identity.openid_provider import (
    BEGINNING,
    CLIENT_ID,
    KEY,
    SECRET,
    Json,
    OpenIdProvider,
    encoded,
    half_hash,
    opened,
    running_provider,
    sign_in,
    signed,
)
from tests.auth.people import Counter

STRANGER: Final = ECKey.generate_key("P-256", parameters={"kid": "first"})
with warnings.catch_warnings(action="ignore"):
    SHORT: Final = RSAKey.generate_key(1024, parameters={"kid": "first"})
NOW: Final = int(Counter().now().timestamp())

Twist = Callable[[OpenIdProvider], None]


def claims(**changes: Any) -> Twist:  # noqa: ANN401 -- any claim
    return lambda provider: provider.claims.update(changes)


def header(**changes: Any) -> Twist:  # noqa: ANN401 -- any header
    return lambda provider: provider.header.update(changes)


def metadata(**changes: Any) -> Twist:  # noqa: ANN401 -- any metadata
    return lambda provider: provider.metadata.update(changes)


def callback(**changes: Any) -> Twist:  # noqa: ANN401 -- any parameter
    return lambda provider: provider.callback.update(changes)


def grant(**changes: Any) -> Twist:  # noqa: ANN401 -- any member
    return lambda provider: provider.grant.update(changes)


def person(**changes: Any) -> Twist:  # noqa: ANN401 -- any claim
    return lambda provider: provider.person.update(changes)


def unsigned(provider: OpenIdProvider) -> None:
    provider.sign = lambda _header, told: signed({"alg": "none"}, told)


def unsigned_with_a_signature(provider: OpenIdProvider) -> None:
    def sign(head: Json, told: Json) -> str:
        nothing, rest = signed({"alg": "none"}, told).rsplit(".", 1)[0], signed(head, told).rsplit(".", 1)[1]
        return f"{nothing}.{rest}"

    provider.sign = sign


def by_our_secret(provider: OpenIdProvider) -> None:
    provider.sign = lambda _header, told: signed({"alg": "HS256"}, told, OctKey.import_key(SECRET))


def by_the_public_key_as_a_secret(provider: OpenIdProvider) -> None:
    def sign(_header: Json, told: Json) -> str:
        first = signed({"alg": "HS256", "kid": "first"}, told, OctKey.import_key(SECRET)).rpartition(".")[0]
        return f"{first}.{encoded(hmac.digest(KEY.as_pem(private=False), first.encode(), 'sha256'))}"

    provider.sign = sign


def by_a_stranger(provider: OpenIdProvider) -> None:
    provider.sign = lambda head, told: signed(head, told, STRANGER)


def by_a_key_in_its_own_header(provider: OpenIdProvider) -> None:
    provider.header.update(jwk=STRANGER.as_dict(private=False))
    provider.sign = lambda head, told: signed(head, told, STRANGER)


def by_a_short_key(provider: OpenIdProvider) -> None:
    provider.keys = [SHORT]
    provider.sign = lambda _header, told: signed({"alg": "RS256", "kid": "first"}, told, SHORT)


def by_a_key_that_is_published_as_a_secret(provider: OpenIdProvider) -> None:
    secret = OctKey.generate_key(256, parameters={"kid": "first"})
    provider.keys = [KEY, secret]
    provider.sign = lambda _header, told: signed({"alg": "HS256", "kid": "first"}, told, secret)


def twice_the_same_claims_but_other_bytes(provider: OpenIdProvider) -> None:
    def sign(head: Json, told: Json) -> str:
        ours, theirs = signed(head, told), signed(head, {**told, "sub": "another"})
        return ".".join([*theirs.split(".")[:2], ours.split(".")[2]])

    provider.sign = sign


def criticising_nothing(provider: OpenIdProvider) -> None:
    provider.sign = lambda head, told: signed({**head, "crit": None}, told)


def broken(token: str) -> Twist:
    return lambda provider: setattr(provider, "sign", lambda _header, _claims: token)


HOSTILE: Final[dict[str, tuple[Twist, str]]] = {
    "aud is another's": (claims(aud="another"), "ID_TOKEN_AUD"),
    "aud is another's, azp is us": (claims(aud="another", azp=CLIENT_ID), "ID_TOKEN_AUD"),
    "aud is an empty list": (claims(aud=[]), "ID_TOKEN_AUD"),
    "aud is an empty list, azp is us": (claims(aud=[], azp=CLIENT_ID), "ID_TOKEN_AUD"),
    "aud is empty": (claims(aud=""), "ID_TOKEN_AUD"),
    "aud is missing": (claims(aud=None), "ID_TOKEN_AUD"),
    "aud is an object": (claims(aud={CLIENT_ID: 1}), "ID_TOKEN_AUD"),
    "aud contains us as a part": (claims(aud=f"{CLIENT_ID}x"), "ID_TOKEN_AUD"),
    "aud is a list in a list": (claims(aud=[[CLIENT_ID]]), "ID_TOKEN_AUD"),
    "several aud without azp": (claims(aud=[CLIENT_ID, "another"]), "ID_TOKEN_AZP"),
    "several aud, azp is another": (claims(aud=[CLIENT_ID, "another"], azp="another"), "ID_TOKEN_AZP"),
    "aud is us, azp is another": (claims(azp="another"), "ID_TOKEN_AZP"),
    "aud is us, azp is a list": (claims(azp=[CLIENT_ID]), "ID_TOKEN_AZP"),
    "unsigned": (unsigned, "ID_TOKEN_SIGNATURE"),
    "unsigned with a signature": (unsigned_with_a_signature, "ID_TOKEN_SIGNATURE"),
    "HS256 by our secret": (by_our_secret, "ID_TOKEN_SIGNATURE"),
    "HS256 by the public key": (by_the_public_key_as_a_secret, "ID_TOKEN_SIGNATURE"),
    "HS256 by a secret that is published": (by_a_key_that_is_published_as_a_secret, "ID_TOKEN_SIGNATURE"),
    "a stranger's key of the same kid": (by_a_stranger, "ID_TOKEN_SIGNATURE"),
    "a key in its own header": (by_a_key_in_its_own_header, "ID_TOKEN_SIGNATURE"),
    "an RSA key of 1024 bits": (by_a_short_key, "KEYS_MISSING"),
    "an unknown kid": (header(kid="unknown"), "ID_TOKEN_KEY"),
    "a kid that is a number": (header(kid=1), "ID_TOKEN_SIGNATURE"),
    "a critical extension": (header(crit=["x"], x=1), "ID_TOKEN_SIGNATURE"),
    "a critical extension that is none": (criticising_nothing, "ID_TOKEN_SIGNATURE"),
    "an access token's type": (header(typ="at+jwt"), "ID_TOKEN_TYPE"),
    "a logout token's type": (header(typ="logout+jwt"), "ID_TOKEN_TYPE"),
    "claims exchanged": (twice_the_same_claims_but_other_bytes, "ID_TOKEN_SIGNATURE"),
    "no token at all": (broken("nonsense"), "ID_TOKEN_SIGNATURE"),
    "an empty token": (broken(""), "ID_TOKEN_SIGNATURE"),
    "three dots": (broken("..."), "ID_TOKEN_SIGNATURE"),
    "a token of a megabyte": (broken("a" * 1_000_000), "ID_TOKEN_SIGNATURE"),
    "letters of another script": (broken("їжа.їжа.їжа"), "ID_TOKEN_SIGNATURE"),
    "iss is another's": (claims(iss="https://another.example.org"), "ID_TOKEN_ISS"),
    "iss has a slash more": (lambda p: p.claims.update(iss=f"{p.issuer}/"), "ID_TOKEN_ISS"),
    "iss is a list": (lambda p: p.claims.update(iss=[p.issuer]), "ID_TOKEN_ISS"),
    "iss is missing": (claims(iss=None), "ID_TOKEN_ISS"),
    "sub is missing": (claims(sub=None), "ID_TOKEN_SUB"),
    "sub is empty": (claims(sub=""), "ID_TOKEN_SUB"),
    "sub is a number": (claims(sub=248289761001), "ID_TOKEN_SUB"),
    "sub is too long": (claims(sub="a" * 256), "ID_TOKEN_SUB"),
    "sub is not ASCII": (claims(sub="Олена"), "ID_TOKEN_SUB"),
    "expired 31 s ago": (claims(exp=NOW - 31), "ID_TOKEN_EXP"),
    "never expires": (claims(exp=None), "ID_TOKEN_EXP"),
    "expires at a text": (claims(exp=str(NOW + 300)), "ID_TOKEN_EXP"),
    "expires at no number": (claims(exp=float("nan")), "ID_TOKEN_EXP"),
    "issued in 31 s": (claims(iat=NOW + 31), "ID_TOKEN_IAT"),
    "never issued": (claims(iat=None), "ID_TOKEN_IAT"),
    "not valid yet": (claims(nbf=NOW + 31), "ID_TOKEN_NBF"),
    "nonce is missing": (claims(nonce=None), "ID_TOKEN_NONCE"),
    "nonce is another's": (claims(nonce="another"), "ID_TOKEN_NONCE"),
    "nonce is empty": (claims(nonce=""), "ID_TOKEN_NONCE"),
    "nonce is a list": (claims(nonce=["another"]), "ID_TOKEN_NONCE"),
    "at_hash is another's": (claims(at_hash=half_hash("another access token")), "ID_TOKEN_AT_HASH"),
    "at_hash is empty": (claims(at_hash=""), "ID_TOKEN_AT_HASH"),
    "half a surrogate pair": (claims(name="\ud800"), "ID_TOKEN_SIGNATURE"),
    "userinfo is of another": (person(sub="another"), "USERINFO_OF_ANOTHER"),
    "userinfo is of nobody": (person(sub=None), "USERINFO_OF_ANOTHER"),
    "no ID token": (grant(id_token=None), "TOKEN_MALFORMED"),
    "the ID token is a list": (grant(id_token=["a"]), "TOKEN_MALFORMED"),
    "no access token": (grant(access_token=None), "TOKEN_MALFORMED"),
    "the token is of another kind": (grant(token_type="mac"), "TOKEN_MALFORMED"),
    "it expires at no time": (grant(expires_in="soon"), "TOKEN_MALFORMED"),
    "it expires in a list": (grant(expires_in=[1]), "TOKEN_MALFORMED"),
    "the grant is an error": (grant(error="invalid_grant"), "GRANT_REFUSED"),
    "the callback's iss is another's": (callback(iss="https://another.example.org"), "CALLBACK_ISSUER"),
    "the callback's iss is empty": (callback(iss=""), "CALLBACK_ISSUER"),
    "the callback's iss is missing though promised": (callback(iss=None), "CALLBACK_ISSUER"),
    "the state is another's": (callback(state="another"), "STATE_OF_ANOTHER"),
    "the code is missing": (callback(code=None), "CODE_MISSING"),
    "the code is another's": (callback(code="another"), "GRANT_REFUSED"),
    "an error beside the code": (callback(error="access_denied"), "ACCESS_DENIED"),
    "an error of another issuer": (callback(error="access_denied", iss="https://a.example"), "CALLBACK_ISSUER"),
    "discovery names another issuer": (metadata(issuer="https://another.example.org"), "ISSUER_MISMATCH"),
    "discovery names the issuer with a slash more": (
        lambda p: p.metadata.update(issuer=f"{p.issuer}/"),
        "ISSUER_MISMATCH",
    ),
    "discovery names no issuer": (metadata(issuer=None), "ISSUER_MISMATCH"),
    "discovery lists only none and HS256": (
        metadata(id_token_signing_alg_values_supported=["none", "HS256"]),
        "ALGORITHMS_REFUSED",
    ),
    "discovery lists no algorithm": (metadata(id_token_signing_alg_values_supported=[]), "ALGORITHMS_REFUSED"),
    "discovery lists an algorithm as a text": (
        metadata(id_token_signing_alg_values_supported="ES256"),
        "METADATA_MALFORMED",
    ),
    "discovery lists an algorithm other than the token's": (
        metadata(id_token_signing_alg_values_supported=["RS256"]),
        "ID_TOKEN_KEY",
    ),
    "discovery has no token endpoint": (metadata(token_endpoint=None), "METADATA_MALFORMED"),
    "the token endpoint is in the clear": (metadata(token_endpoint="http://op.example.org/token"), "ENDPOINT_INSECURE"),
    "the keys are in a file": (metadata(jwks_uri="file:///etc/passwd"), "ENDPOINT_INSECURE"),
    "userinfo is in the clear": (metadata(userinfo_endpoint="http://op.example.org/me"), "ENDPOINT_INSECURE"),
    "the authorization endpoint is a script": (
        metadata(authorization_endpoint="javascript:alert(1)"),
        "ENDPOINT_INSECURE",
    ),
    "no way to authenticate is known": (
        metadata(token_endpoint_auth_methods_supported=["tls_client_auth"]),
        "CLIENT_AUTHENTICATION",
    ),
}


@pytest.fixture(scope="module")
async def started() -> AsyncIterator[OpenIdProvider]:
    async with running_provider() as running:
        yield running


@pytest.fixture
def provider(started: OpenIdProvider, clock: Counter) -> OpenIdProvider:
    started.calm(clock.now)
    return started


@pytest.fixture
async def client(provider: OpenIdProvider) -> AsyncIterator[OidcProvider]:
    async with opened(provider) as client:
        yield client


@pytest.fixture(scope="module")
def refused() -> Iterator[list[str]]:
    """Print, at the end, how many were tried and how many were refused."""
    counted: list[str] = []
    yield counted
    print(f"\nhostile answers of an OpenID provider: {len(counted)} of {len(HOSTILE)} refused")


@pytest.mark.parametrize("name", HOSTILE)
async def test_it_is_refused(name: str, provider: OpenIdProvider, client: OidcProvider, refused: list[str]) -> None:
    twist, reason = HOSTILE[name]
    twist(provider)
    with pytest.raises((SignInRefused, ProviderUnavailable)) as error:
        await sign_in(provider, client)
    assert str(error.value) == reason
    refused.append(name)


ACCEPTED: Final[dict[str, Twist]] = {
    "as it should be": lambda _provider: None,
    "aud is a list of us": claims(aud=[CLIENT_ID]),
    "several aud, azp is us": claims(aud=[CLIENT_ID, "another"], azp=CLIENT_ID),
    "no at_hash": claims(at_hash=None),
    "expired 29 s ago": claims(exp=NOW - 29),
    "issued in 30 s": claims(iat=NOW + 30),
    "the type of a JWT": header(typ="JWT"),
    "no kid where there is one key": header(kid=None),
    "a parameter that nobody knows": header(x="y"),
    "no iss where none is promised": lambda p: (
        p.metadata.update(authorization_response_iss_parameter_supported=None),
        p.callback.update(iss=None),
    )[0],
    "no lists in the metadata": lambda p: (
        p.metadata.update(token_endpoint_auth_methods_supported=None),
        p.metadata.update(id_token_signing_alg_values_supported=["ES256"]),
    )[0],
}


@pytest.mark.parametrize("name", ACCEPTED)
async def test_what_is_right_is_accepted(name: str, provider: OpenIdProvider, client: OidcProvider) -> None:
    ACCEPTED[name](provider)
    identity = await sign_in(provider, client)
    assert (identity.issuer, identity.subject) == (provider.issuer, "248289761001")


async def test_a_code_works_once_and_only_with_its_verifier(provider: OpenIdProvider, client: OidcProvider) -> None:
    step = await client.begin(BEGINNING, Deadline.within(5))
    back = provider.visit(step.url)
    for kept, reason in (({}, "NOTHING_KEPT"), ({**step.kept, "verifier": "another" * 7}, "GRANT_REFUSED")):
        with pytest.raises(SignInExpired, match=reason):
            await client.finish(back, kept, BEGINNING, Deadline.within(5))
    with pytest.raises(SignInExpired, match="GRANT_REFUSED"):
        await client.finish(back, step.kept, BEGINNING, Deadline.within(5))
