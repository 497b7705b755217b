"""What subscribers send to the short number, as operators hand it on. Nothing here is believed yet but the bytes.

Every reader takes a body and its content type, and raises Unreadable for what is not a message.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from lxml import etree

from connectors.legacy.errors import Unreadable
from connectors.messaging.wire import read_fields, text_of
from connectors.transport.encoding import Undecodable, decode_text

MAX_BODY: Final = 64 * 1024
"""Bytes of an inbound body or a report."""

_LONGEST_ID: Final = 200
_ENCODINGS: Final = ("cp1251",)
"""Besides UTF-8. What the document declares is not looked at: a sender would choose the decoder."""
_DECLARATION: Final = re.compile(r"\A\s*<\?xml\b[^>]*\?>")


@dataclass(frozen=True, slots=True)
class InboundSms:
    """A message to the short number: the operator's id of it, the sender's number as it is written there, its text."""

    message_id: str
    sender: str = field(repr=False)
    text: str = field(repr=False)


InboundReader: TypeAlias = Callable[[bytes, str], Sequence[InboundSms]]


def read_playmobile(body: bytes, content_type: str) -> list[InboundSms]:  # noqa: ARG001 -- always XML
    """Read PlayMobile's XML: `<sms-request><message id msisdn><content>text</content></message></sms-request>`."""
    root = _parse(body)
    if root.tag != "sms-request":
        raise Unreadable("the document is no sms-request")
    return [_message(each.get("id"), each.get("msisdn"), each.findtext("content")) for each in root.iter("message")]


@dataclass(frozen=True, slots=True)
class InboundFields:
    """The names of the fields in a JSON object or a form, for operators whose payload is agreed by contract."""

    message_id: str = "message_id"
    sender: str = "from"
    text: str = "text"

    def read(self, body: bytes, content_type: str) -> list[InboundSms]:
        """Read one message."""
        fields: Mapping[str, object] = read_fields(body, content_type)
        return [_message(*(text_of(fields, name) for name in (self.message_id, self.sender, self.text)))]


def _message(message_id: str | None, sender: str | None, text: str | None) -> InboundSms:
    if not message_id or len(message_id) > _LONGEST_ID:
        raise Unreadable("the message has no id")
    if not sender:
        raise Unreadable("the message has no sender")
    return InboundSms(message_id, sender, text or "")


def _parse(body: bytes) -> etree._Element:
    """Parse a document without declarations: in them stand the entities that read files and fill the memory."""
    if len(body) > MAX_BODY:
        raise Unreadable("the document is too large")
    try:
        document = _DECLARATION.sub("", decode_text(body, "", _ENCODINGS), count=1)
    except Undecodable as error:
        raise Unreadable("the document is in no encoding that is known") from error
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise Unreadable("the document has a document type declaration")
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(document.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("the document is not XML") from error
