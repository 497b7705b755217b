"""The inbox: every message that a gateway's stand-in took, and the manners that all three share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Quirks:
    """Hold the gateways' manners, to be set at any time; the default is the documented behaviour.

    Attributes:
        forget_tokens: Eskiz takes no token that it gave so far (it does so once, then this is False again).
        unapproved_text: Eskiz has not approved the text.
        playmobile_error: PlayMobile answers HTTP 400 with this code.
        turbosms_code: TurboSMS answers the whole request with this code.
        turbosms_recipient_code: TurboSMS takes the request and refuses the recipient with this code.
        lose_answers: so many messages are taken and answered with HTTP 504.
        malformed: whatever is answered is not JSON.
        outage: HTTP 503.
        hang: no answer until the client leaves; the message is taken.
    """

    forget_tokens: bool = False
    unapproved_text: bool = False
    playmobile_error: int | None = None
    turbosms_code: int | None = None
    turbosms_recipient_code: int | None = None
    lose_answers: int = 0
    malformed: bool = False
    outage: bool = False
    hang: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """Hold a message as a phone shows it, with what its gateway knows of it.

    Attributes:
        gateway: "eskiz", "playmobile" or "turbosms".
        phone: E.164.
        our_id: the gateway's own id.
        their_id: the sender's id, where the gateway takes one.
        callback_url: where a report goes, if not to the address agreed once for all.
    """

    gateway: str
    phone: str
    originator: str
    text: str
    our_id: str
    their_id: str | None = None
    callback_url: str | None = None

    def as_json(self) -> dict[str, object]:
        """Give what is told of a message."""
        return {
            "gateway": self.gateway,
            "phone": self.phone,
            "from": self.originator,
            "text": self.text,
            "id": self.our_id,
            "sender_id": self.their_id,
        }


class Inbox:
    """Keep the messages of all phones, oldest first."""

    def __init__(self) -> None:
        self._texts: list[Text] = []

    def take(self, text: Text) -> None:
        """Deliver a message."""
        self._texts.append(text)

    def of(self, phone: str | None) -> list[Text]:
        """Give a phone's messages, or everybody's."""
        return [text for text in self._texts if phone is None or text.phone == phone]

    def clear(self) -> None:
        """Throw every message away."""
        self._texts.clear()
