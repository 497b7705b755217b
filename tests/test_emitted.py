"""The search of what was emitted finds what it is for."""

from pathlib import Path

import pytest

from tests.emitted import SHAPES, Emitted, secrets_in, shapes_in

SHAPED = {
    "a signed token": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzMSJ9.AAAA",
    "a token of ours": "ggr_AAAAAAAAAAAAAAAAAAAAAAAAAA",
    "a hash of a password": "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA",
    "a cookie": "__Host-gridgate-browser=AAAAAAAAAA",
    "an authorization": "authorization: Basic Z2dzOnNlY3JldHNlY3JldA==",
    "a parameter": "GET /callback?code=AAAAAAAA",
    "a webhook's secret": "/webhooks/sms/AAAAAAAAAAAAAAAAAAAAAAAA/inbound",
    "a phone": "sender=998901112233",
    "a personal number": "pin=30000000000007",
    "a card": "4000 0012 3456 7899",
    "a one-time password": "CDFH-3467",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_is_found(shape: str) -> None:
    assert shape in shapes_in(f"before {SHAPED[shape]} after")


def test_ordinary_messages_have_no_shape() -> None:
    assert (
        shapes_in("2026-11-22T03:57:58.776919Z [warning] upstream_failed code=UPSTREAM_TIMEOUT fields=3 port 40123")
        == []
    )


def test_secret_is_found_in_any_log_whenever_it_was_registered(tmp_path: Path) -> None:
    log, emitted = tmp_path / "messages.log", Emitted()
    log.write_text("\x1b[36mlogin\x1b[0m=\x1b[35mquiet\x1b[1m-evening\x1b[0m")
    emitted.logs.append(log)
    assert emitted.findings() == []
    emitted.register("a password", "quiet-evening", "short")
    assert emitted.findings() == [f"{log}: a password"]
    assert list(emitted.secrets) == ["quiet-evening"]
    emitted.notice("a test", SHAPED["a phone"])
    assert emitted.findings() == [f"{log}: a password", "a test: a phone"]


def test_secrets_are_read_at_any_depth() -> None:
    given = {"a": {"password": "x1", "user": "u"}, "keys": [{"d": "x2", "kid": "k"}], "api_keys": {"host": "x3"}}
    assert list(secrets_in(given)) == ["x1", "x2"]
