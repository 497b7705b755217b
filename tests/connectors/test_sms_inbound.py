"""Messages to the short number: what is read of them, and that nothing hostile is."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.legacy.errors import Unreadable
from connectors.messaging.inbound import MAX_BODY, InboundFields, InboundSms, read_playmobile

MESSAGE = '<message id="1107962" msisdn="998901234567" submit-date="2026-11-02 14:00:00">{}</message>'
P = MESSAGE.format('<content type="text/plain">P</content>')
READ = InboundSms("1107962", "998901234567", "P")


def document(*messages: str, declaration: str = '<?xml version="1.0" encoding="UTF-8"?>', doctype: str = "") -> str:
    return f'{declaration}{doctype}<sms-request version="1.0">{"".join(messages)}</sms-request>'


def read(text: str | bytes) -> list[InboundSms]:
    return read_playmobile(text if isinstance(text, bytes) else text.encode(), "text/xml")


def test_playmobile_message_is_read() -> None:
    assert read(document(P)) == [READ]
    assert read(document(P, P.replace("1107962", "1107963"))) == [READ, InboundSms("1107963", "998901234567", "P")]
    assert read(document()) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_letter_arrives_in_either_encoding(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    body = document(MESSAGE.format("<content>П</content>"), declaration=declared).encode(encoding)
    assert [message.text for message in read(body)] == ["П"]


def test_text_may_be_missing_or_wrapped() -> None:
    assert [each.text for each in read(document(MESSAGE.format("")))] == [""]
    assert [each.text for each in read(document(MESSAGE.format("<content><![CDATA[P]]></content>")))] == ["P"]


def test_message_shows_neither_sender_nor_text() -> None:
    assert "998901234567" not in repr(READ)
    assert "'P'" not in repr(READ)


BOMB = "<!DOCTYPE x [" + "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 10)) + "]>"


@pytest.mark.parametrize(
    "body",
    [
        document(P, doctype="<!DOCTYPE sms-request>"),
        document(P, doctype='<!DOCTYPE sms-request SYSTEM "http://127.0.0.1:9/evil.dtd">'),
        document(MESSAGE.format("<content>&e9;</content>"), doctype=BOMB),
        document(P).replace('id="1107962"', 'id="&e9;"').replace("<sms-request", BOMB + "<sms-request", 1),
        document(MESSAGE.format("<content>&unknown;</content>")),
        document(P, doctype="<!DOCTYPE x>").encode("utf-16"),
        document(P, doctype="<!DOCTYPE x>", declaration='<?xml version="1.0" encoding="utf-7"?>')
        .replace("<!", "+ADwAIQ-")
        .encode(),
        document(P).replace("sms-request", "other"),
        document(P)[:-5],
        b"",
        b"\x00",
        b"\xff" * 50,
        document("x" * MAX_BODY),
        document(P.replace("1107962", "")),
        document(P.replace("1107962", "1" * 201)),
        document(P.replace('msisdn="998901234567"', "")),
        document("<message/>"),
    ],
)
def test_what_is_no_message_is_unreadable(body: str | bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_entity_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    doctype = f'<!DOCTYPE x [<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
    with pytest.raises(Unreadable) as refused:
        read(document(MESSAGE.format("<content>&file;</content>"), doctype=doctype))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"message_id": 7, "from": "998901234567", "text": "P", "more": [1]}', "application/json"),
        (b'  {"message_id": "7", "from": 998901234567, "text": "P"}', "text/plain"),
        (b"message_id=7&from=998901234567&text=P", "application/x-www-form-urlencoded"),
    ],
)
def test_fields_are_read_from_json_and_from_a_form(body: bytes, content_type: str) -> None:
    assert InboundFields().read(body, content_type) == [InboundSms("7", "998901234567", "P")]


def test_names_of_fields_are_settings() -> None:
    named = InboundFields(message_id="sms_id", sender="mobile_phone", text="message")
    body = b'{"sms_id": "7", "mobile_phone": "998901234567", "message": "P"}'
    assert named.read(body, "application/json") == [InboundSms("7", "998901234567", "P")]
    with pytest.raises(Unreadable, match="no id"):
        InboundFields().read(body, "application/json")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"message_id": "7", "text": "P"}', b'{"message_id": {}, "from": "9"}', b"&" * 500, b"a=%ff"],
)
def test_fields_that_are_none_are_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        InboundFields().read(body, "")


READERS: list[Callable[[bytes, str], list[InboundSms]]] = [read_playmobile, InboundFields().read]


@pytest.mark.parametrize("reader", READERS)
@given(body=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: document(text).encode())))
def test_no_body_does_worse_than_unreadable(reader: Callable[[bytes, str], list[InboundSms]], body: bytes) -> None:
    with suppress(Unreadable):
        assert isinstance(reader(body, "text/xml"), list)
