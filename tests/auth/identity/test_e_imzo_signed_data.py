"""Reading what a CMS SignedData carries: open and closed lengths, pieces, and anything that is none."""

import shutil
import subprocess
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auth.identity.signed_data import NotSignedData, attached_content
from sandbox.identity.pkcs7 import sign

CHALLENGE = b"9b573e40-cefd-42cc-a534-f6e78b27c2ae"
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")
OPENSSL = shutil.which("openssl")
AT = datetime(2026, 11, 2, tzinfo=UTC)


def element(tag: int, *parts: bytes, open_ended: bool = False) -> bytes:
    content = b"".join(parts)
    if open_ended:
        return bytes((tag, 0x80)) + content + b"\0\0"
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    return bytes((tag, 0x82)) + length.to_bytes(2) + content


def signed(octets: bytes, *, open_ended: bool = False, kind: bytes = SIGNED_DATA, version: bytes = b"\1") -> bytes:
    """Return a SignedData around what stands for the content."""
    encapsulated = element(0x30, DATA, element(0xA0, octets), open_ended=open_ended)
    inner = element(0x30, element(0x02, version), element(0x31), encapsulated, element(0x31), open_ended=open_ended)
    return element(0x30, kind, element(0xA0, inner, open_ended=open_ended), open_ended=open_ended)


WHOLE = element(0x04, CHALLENGE)
PIECES = element(0x24, element(0x04, CHALLENGE[:10]), element(0x04, CHALLENGE[10:]), open_ended=True)


@pytest.mark.parametrize("octets", [WHOLE, PIECES], ids=["whole", "in pieces"])
@pytest.mark.parametrize("open_ended", [False, True])
def test_content_is_read_however_its_lengths_are_written(octets: bytes, *, open_ended: bool) -> None:
    assert attached_content(signed(octets, open_ended=open_ended)) == CHALLENGE


def test_content_of_what_the_sandbox_signs_is_read() -> None:
    assert attached_content(sign(CHALLENGE, "770001", "CN=X", AT)) == CHALLENGE


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
@pytest.mark.parametrize("how", ["-nosmimecap", "-stream"], ids=["closed lengths", "open lengths"])
def test_content_of_what_openssl_signs_is_read(tmp_path: Path, how: str) -> None:
    (tmp_path / "challenge").write_bytes(CHALLENGE)
    key = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out certificate -subj /CN=x -days 2"
    )
    attached = (
        f"cms -sign -binary -nodetach {how} -in challenge -signer certificate -inkey key -outform DER -out attached"
    )
    detached = "cms -sign -binary -in challenge -signer certificate -inkey key -outform DER -out detached"
    for command in (key, attached, detached):
        subprocess.run([str(OPENSSL), *command.split()], cwd=tmp_path, check=True, capture_output=True)
    assert attached_content((tmp_path / "attached").read_bytes()) == CHALLENGE
    with pytest.raises(NotSignedData):
        attached_content((tmp_path / "detached").read_bytes())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x80\0\0",
        signed(WHOLE)[:-1],
        signed(WHOLE) + b"\0",
        signed(WHOLE, kind=DATA),
        signed(element(0x0C, CHALLENGE)),
        signed(element(0x24, element(0x24, WHOLE))),
        signed(WHOLE + WHOLE),
        sign(CHALLENGE, "770001", "CN=X", AT, detached=True),
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x88" + b"\0" * 8,
        b"\x04\x80\0\0",
        b"\x3f\x81\x01\0",
        b"\x30\x80" * 20_000,
        b64decode("MIAGCSqGSIb3DQEHAqCAMIA="),
    ],
    ids=range(17),
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(NotSignedData):
        attached_content(data)


@given(st.binary(max_size=300))
@example(b"\x30\x80\x06\x00\x00\x00")
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(NotSignedData):
        attached_content(data)


@given(st.binary(min_size=1, max_size=2000), st.booleans())
def test_any_content_is_read_back(content: bytes, open_ended: bool) -> None:  # noqa: FBT001 -- hypothesis gives it
    assert attached_content(signed(element(0x04, content), open_ended=open_ended)) == content
    assert attached_content(sign(content, "770001", "CN=X", AT)) == content


@given(st.data())
def test_changed_signature_never_breaks_the_reader(data: st.DataObject) -> None:
    whole = bytearray(sign(CHALLENGE, "770001", "CN=X", AT))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        content = attached_content(bytes(whole))
    except NotSignedData:
        return
    assert isinstance(content, bytes)
