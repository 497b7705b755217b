"""The ring of signing keys: made once, readable by its owner only, rotated without losing a key, followed by others."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from structlog.testing import capture_logs

from auth.keys import EARLIER_FILE, KEYS_FILE, OVERLAP, SigningKeys, UnusableKeyFile, open_keys
from auth.token_claims import CLOCKS_APART, LONGEST_LIFETIME
from tests.auth.people import Counter
from tests.race import race
from tests.turns import Turns

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def given_ring(**changes: object) -> dict[str, Any]:
    """Return a ring as its file holds it; a change to None leaves a part out."""
    key = {**ECKey.generate_key("P-256").as_dict(private=True), "created_at": "2026-11-02T09:00:00+00:00"}
    ring = {"secret": "c2VjcmV0" * 6, "keys": [key], **changes}
    return {name: value for name, value in ring.items() if value is not None}


def key_ids(keys: SigningKeys) -> list[str]:
    return [each["kid"] for each in keys.public_jwks()["keys"]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / KEYS_FILE


def test_ring_is_made_once_with_its_directory(path: Path) -> None:
    made = open_keys(path)
    again = open_keys(path)
    assert again.public_jwks() == made.public_jwks()
    assert again.signing_key.as_dict(private=True) == made.signing_key.as_dict(private=True)
    assert made.signing_key.kid == made.signing_key.thumbprint() == key_ids(made)[0]
    assert len(key_ids(made)) == 2
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}
    assert {each.name for each in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}


def test_file_is_what_the_documentation_says(path: Path) -> None:
    clock = Counter()
    open_keys(path, now=clock.now).rotate()
    held = json.loads(path.read_text())
    assert held.keys() == {"secret", "keys"}
    assert len(held["secret"]) == 43
    assert [each["created_at"] for each in held["keys"]] == [clock.now().isoformat()] * 3
    assert [each.get("retired_at") for each in held["keys"]] == [clock.now().isoformat(), None, None]
    assert all(each["d"] for each in held["keys"])


def test_public_keys_are_public(path: Path) -> None:
    keys = open_keys(path)
    keys.rotate()
    told = keys.public_jwks()
    assert [each.keys() for each in told["keys"]] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}] * 3
    assert not PRIVATE & {name for each in told["keys"] for name in each}
    secrets = {each["d"] for each in json.loads(path.read_text())["keys"]} | {json.loads(path.read_text())["secret"]}
    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in json.dumps(told) + repr(vars(keys))]


def test_next_key_is_published_before_it_signs(path: Path) -> None:
    keys = open_keys(path)
    first, following = key_ids(keys)
    keys.rotate()
    assert key_ids(keys)[:2] == [first, following]
    assert keys.signing_key.kid == following
    assert keys.verifying_key(first) is not None
    assert len(set(key_ids(keys))) == 3
    assert keys.verifying_key("another") is None


def test_retired_key_goes_when_no_token_of_its_can_live(path: Path) -> None:
    clock = Counter()
    keys = open_keys(path, now=clock.now)
    first, second = key_ids(keys)
    keys.rotate()
    clock.move(seconds=OVERLAP.total_seconds() - 1)
    assert keys.verifying_key(first) is not None
    clock.move(seconds=1)
    assert keys.verifying_key(first) is None
    assert first not in key_ids(keys)
    assert len(json.loads(path.read_text())["keys"]) == 3
    keys.rotate()
    assert [each["kid"] for each in json.loads(path.read_text())["keys"]] == key_ids(keys)
    assert key_ids(keys)[0] == second


def test_retired_key_outlives_every_token_of_its() -> None:
    assert OVERLAP >= LONGEST_LIFETIME + 2 * CLOCKS_APART


def test_leaked_keys_all_go_and_the_secret_stays(path: Path) -> None:
    keys = open_keys(path)
    before, secret = key_ids(keys), keys.derived_secret("throttle")
    keys.rotate(leaked=True)
    assert len(key_ids(keys)) == 2
    assert not set(before) & set(key_ids(keys))
    assert keys.derived_secret("throttle") == secret


def test_other_processes_notice_a_change_and_only_a_change(path: Path) -> None:
    keys, other = open_keys(path), open_keys(path)
    assert not other.refresh()
    keys.rotate()
    assert other.refresh()
    assert not other.refresh()
    assert other.public_jwks() == keys.public_jwks()
    assert other.signing_key.kid == keys.signing_key.kid


async def test_running_follows_the_file_and_outlives_a_broken_one(path: Path) -> None:
    keys, following = open_keys(path), open_keys(path)
    good = path.read_text()  # noqa: ASYNC240 -- a file of a few hundred bytes
    with capture_logs() as logs:
        async with Turns.of(following.run) as turns:
            path.write_text("{")  # noqa: ASYNC240 -- same
            for _ in range(3):
                await turns.go_round()
            path.unlink()  # noqa: ASYNC240 -- same
            await turns.go_round()
            assert following.signing_key.kid == keys.signing_key.kid
            path.write_text(good)  # noqa: ASYNC240 -- same
            keys.rotate()
            await turns.go_round()
            assert following.public_jwks() == keys.public_jwks()
    assert [each["event"] for each in logs] == ["signing_keys_unusable", "signing_keys_changed"]


def test_secrets_differ_by_purpose_and_ring_and_outlive_rotation(tmp_path: Path) -> None:
    one, other = open_keys(tmp_path / "one.json"), open_keys(tmp_path / "other.json")
    derived = {one.derived_secret("throttle"), one.derived_secret("other"), other.derived_secret("throttle")}
    assert {len(secret) for secret in derived} == {32}
    assert len(derived) == 3
    before = one.derived_secret("throttle")
    for _ in range(4):
        one.rotate()
    assert one.derived_secret("throttle") == open_keys(tmp_path / "one.json").derived_secret("throttle") == before


KEY = ECKey.generate_key("P-256")
GOOD = given_ring()["keys"][0]
UNUSABLE = {
    "nothing": "",
    "half of it": json.dumps(given_ring())[:-20],
    "another thing": '"text"',
    "an empty object": "{}",
    "a list": "[]",
    "one key": json.dumps(KEY.as_dict(private=True)),
    "no secret": json.dumps(given_ring(secret=None)),
    "a short secret": json.dumps(given_ring(secret="c2VjcmV0")),
    "a secret that is no text": json.dumps(given_ring(secret=1)),
    "no keys": json.dumps(given_ring(keys=[])),
    "keys that are no list": json.dumps(given_ring(keys=GOOD)),
    "a key that is a text": json.dumps(given_ring(keys=["key"])),
    "a public key": json.dumps(given_ring(keys=[{**KEY.as_dict(private=False), "created_at": GOOD["created_at"]}])),
    "another curve": json.dumps(
        given_ring(keys=[{**GOOD, **ECKey.generate_key("P-384").as_dict(private=True), "kid": "1"}])
    ),
    "halves of two keys": json.dumps(given_ring(keys=[{**GOOD, "d": KEY.as_dict(private=True)["d"]}])),
    "a symmetric key": json.dumps(given_ring(keys=[{"kty": "oct", "k": "c2VjcmV0", "created_at": GOOD["created_at"]}])),
    "a key with no date": json.dumps(given_ring(keys=[{k: v for k, v in GOOD.items() if k != "created_at"}])),
    "a date with no zone": json.dumps(given_ring(keys=[{**GOOD, "created_at": "2026-11-02T09:00:00"}])),
    "a date that is a number": json.dumps(given_ring(keys=[{**GOOD, "retired_at": 1}])),
    "retired keys only": json.dumps(given_ring(keys=[{**GOOD, "retired_at": GOOD["created_at"]}])),
    "one key twice": json.dumps(given_ring(keys=[GOOD, GOOD])),
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_file_without_a_ring_is_named_and_left_alone(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(UnusableKeyFile, match=r"signing-keys\.json is no ring of private P-256 keys"):
        open_keys(path)
    assert path.read_text() == content


def test_ring_that_was_written_by_hand_is_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps(given_ring()))
    keys = open_keys(path)
    assert key_ids(keys) == [keys.signing_key.thumbprint()]
    keys.rotate()
    assert len(key_ids(keys)) == 3
    assert keys.signing_key.kid == key_ids(keys)[1]


def test_key_of_an_earlier_version_becomes_the_one_that_signs(path: Path) -> None:
    path.parent.mkdir()
    earlier = path.with_name(EARLIER_FILE)
    earlier.write_text(json.dumps(KEY.as_dict(private=True)))
    keys = open_keys(path)
    assert key_ids(keys)[0] == keys.signing_key.kid == KEY.thumbprint()
    earlier.write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True)))
    assert open_keys(path).signing_key.kid == KEY.thumbprint()


def test_earlier_key_that_cannot_be_used_is_named_and_nothing_is_made(path: Path) -> None:
    path.parent.mkdir()
    path.with_name(EARLIER_FILE).write_text("{}")
    with pytest.raises(UnusableKeyFile, match=r"signing-key\.json is no private P-256 key"):
        open_keys(path)
    assert not path.exists()


def open_many(start: Callable[[], None], _runner: int, directory: str) -> list[str]:
    start()
    return [str(open_keys(Path(directory) / f"{at}.json").signing_key.kid) for at in range(20)]


def test_processes_that_start_at_once_end_with_the_same_ring(tmp_path: Path) -> None:
    one, other = race(open_many, str(tmp_path))
    assert one == other
    assert len(set(one)) == 20


def rotate_many(start: Callable[[], None], _runner: int, path: str) -> list[str]:
    keys = open_keys(Path(path))
    start()
    signed_by = []
    for _ in range(10):
        keys.rotate()
        signed_by.append(str(keys.signing_key.kid))
    return signed_by


def test_processes_that_rotate_at_once_lose_no_key(path: Path) -> None:
    first = key_ids(open_keys(path))
    signed_by = {kid for runner in race(rotate_many, str(path)) for kid in runner}
    known = key_ids(open_keys(path))
    assert len(known) == len(set(known)) == 22
    assert known[:2] == first
    assert signed_by <= set(known)
    assert open_keys(path).signing_key.kid == known[20]
    assert {each.name for each in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}
