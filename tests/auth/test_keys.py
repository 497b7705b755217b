"""The signing key's file: made once, readable by its owner only, the same for processes that start at once."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from auth.keys import UnusableKeyFile, derived_secret, load_or_create
from tests.race import race


def test_key_is_made_once_with_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.json"
    made = load_or_create(path)
    assert load_or_create(path).as_dict(private=True) == made.as_dict(private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert made.kid == made.thumbprint()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '"text"',
        json.dumps(ECKey.generate_key("P-256", private=False).as_dict()),
        json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
        json.dumps({**ECKey.generate_key("P-256").as_dict(private=True), "d": "AAAA"}),
        json.dumps({"kty": "oct", "k": "c2VjcmV0"}),
    ],
)
def test_file_without_a_private_p256_key_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "signing.json"
    path.write_text(content)
    with pytest.raises(UnusableKeyFile, match=r"signing\.json is no private P-256 key"):
        load_or_create(path)
    assert path.read_text() == content


def test_secrets_of_different_purposes_and_keys_differ(tmp_path: Path) -> None:
    one, other = load_or_create(tmp_path / "one.json"), load_or_create(tmp_path / "other.json")
    derived = {derived_secret(one, "throttle"), derived_secret(one, "other"), derived_secret(other, "throttle")}
    assert {len(secret) for secret in derived} == {32}
    assert len(derived) == 3
    assert derived_secret(load_or_create(tmp_path / "one.json"), "throttle") == derived_secret(one, "throttle")


def load(start: Callable[[], None], _runner: int, directory: str) -> list[str]:
    start()
    return [load_or_create(Path(directory) / f"{at}.json").thumbprint() for at in range(20)]


def test_processes_that_start_at_once_end_with_the_same_key(tmp_path: Path) -> None:
    one, other = race(load, str(tmp_path))
    assert one == other
    assert len(set(one)) == 20
