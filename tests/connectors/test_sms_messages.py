"""Text messages: which can be sent, in how many parts, and how their ends are spelled."""

import pytest

from connectors.messaging.eskiz import EskizSettings
from connectors.messaging.playmobile import PlayMobileSettings
from connectors.messaging.sms import (
    Delivery,
    SmsMessage,
    delivery_of,
    parts,
)
from connectors.messaging.turbosms import TurboSmsSettings

PHONE = "+998901234567"
MESSAGE = SmsMessage("999999999999", PHONE, "Логин: +998901234567")


@pytest.mark.parametrize("message_id", ["", "1234567890123", "8f0e", "1 2", "٣"])
def test_id_that_eskiz_would_refuse_makes_no_message(message_id: str) -> None:
    with pytest.raises(ValueError, match="1 to 12 digits"):
        SmsMessage(message_id, PHONE, "text")


def test_message_and_settings_show_neither_people_nor_secrets() -> None:
    shown = repr(
        (
            MESSAGE,
            EskizSettings("e@example.org", "SECRET", callback_url="https://example.org/SECRET"),
            PlayMobileSettings("gridgate", "SECRET", "3700"),
            TurboSmsSettings("SECRET", "HET"),
        )
    )
    assert not any(told in shown for told in ("SECRET", "90123", "Логин"))
    with pytest.raises(ValueError, match="is E"):
        SmsMessage("1", "998901234567", "text")


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        ("delivrd", Delivery.DELIVERED),
        ("Delivered", Delivery.DELIVERED),
        ("READ", Delivery.DELIVERED),
        ("UNDELIV", Delivery.UNDELIVERED),
        ("Not delivered", Delivery.UNDELIVERED),
        (" Expired ", Delivery.UNDELIVERED),
        ("REJECTD", Delivery.UNDELIVERED),
        ("waiting", None),
        ("ENROUTE", None),
        ("UNKNOWN", None),
        ("", None),
    ],
)
def test_statuses_are_read_in_every_spelling(status: str, delivery: Delivery | None) -> None:
    assert delivery_of(status) is delivery


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_as_operators_bill_them(text: str, count: int) -> None:
    assert parts(text) == count
