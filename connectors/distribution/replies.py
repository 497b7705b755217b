"""Replies of distribution: a SOAP envelope becomes rows and errors, or an error of ours. Elements go by local name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.loader import parse_xml

from connectors.distribution.requests import HEADER, XML_RULES
from connectors.distribution.settings import DistributionSettings
from connectors.legacy.errors import Unreadable
from connectors.legacy.numbers import read_whole
from connectors.legacy.rows import Row
from connectors.legacy.times import local_moments
from connectors.transport.encoding import Undecodable, utf8_xml
from connectors.transport.port import Answer, Refused
from schema.errors import PlannedMaintenance, UpstreamError, UpstreamMalformed, UpstreamUnavailable
from schema.systems import System

_SOAP: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True, slots=True)
class Reply:
    """One page of a successful answer; its header tells how many objects remain and from where to go on."""

    content: etree._Element
    remaining: int
    last_sent: str | None
    fields: Mapping[str, str]

    def rows(self, listing: str, item: str) -> Iterator[etree._Element]:
        """Yield the items of a list; see `items`."""
        return items(self.content, self.fields.get(listing, listing), self.fields.get(item, item))

    def row(self, element: etree._Element) -> Row:
        """Read an element's children as values."""
        return Row({local_name(str(child.tag)): (child.text or "").strip() for child in children(element)}, self.fields)

    def attributes(self, element: etree._Element) -> Row:
        """Read an element's attributes as values."""
        return Row({local_name(str(name)): value for name, value in element.attrib.items()}, self.fields)


def read_reply(answer: Answer, operation: str, settings: DistributionSettings) -> Reply:
    """Open an answer's envelope; raises UpstreamError for a fault, be it in HTTP 200, and for what is no envelope."""
    try:
        envelope = _parse(answer, settings)
        fault = envelope.find(f"{_SOAP}Body/{_SOAP}Fault")
        if fault is None and answer.status == HTTPStatus.OK:
            return _open(envelope, operation, settings)
    except Unreadable as error:
        if answer.status != HTTPStatus.OK:
            raise UpstreamUnavailable(System.DISTRIBUTION) from Refused(answer.status)
        raise UpstreamMalformed(System.DISTRIBUTION) from error
    raise _refusal(fault, settings) from Refused(answer.status)


def children(element: etree._Element) -> Iterator[etree._Element]:
    """Yield child elements, without comments and the like."""
    return element.iterchildren(etree.Element)


@lru_cache(maxsize=256)  # an answer repeats the few names of the WSDL
def local_name(name: str) -> str:
    """Return an element's or an attribute's name without its namespace."""
    return name.rpartition("}")[2]


def items(parent: etree._Element, listing: str, item: str) -> Iterator[etree._Element]:
    """Yield a list's items: in the list's element or bare; an item without content is an empty list's spelling."""
    for child in children(parent):
        name = local_name(str(child.tag))
        if name == listing:
            yield from (each for each in children(child) if local_name(str(each.tag)) == item and _has_content(each))
        elif name == item and _has_content(child):
            yield child


def _has_content(element: etree._Element) -> bool:
    return len(element) > 0 or any(name != _NIL for name in element.attrib)


def _parse(answer: Answer, settings: DistributionSettings) -> etree._Element:
    try:
        xml = utf8_xml(answer.body, answer.headers.get("content-type", ""), settings.encodings)
        envelope: etree._Element = parse_xml(xml, None, settings=XML_RULES)  # type: ignore[arg-type] # zeep means bytes
    except Undecodable as error:
        raise Unreadable(str(error)) from error
    except ZeepError as error:
        raise Unreadable(type(error).__name__) from None  # its text may quote the document
    if envelope.tag != f"{_SOAP}Envelope":
        raise Unreadable("not a SOAP 1.1 envelope")
    return envelope


def _open(envelope: etree._Element, operation: str, settings: DistributionSettings) -> Reply:
    content = envelope.find(f"{_SOAP}Body/*")
    if content is None or local_name(str(content.tag)) != f"{operation}Response":
        raise Unreadable(f"no {operation}Response")
    header = envelope.find(f"{_SOAP}Header/{{*}}{HEADER}")
    reply = Reply(content, 0, None, settings.fields)
    if header is None:
        return reply
    paging = reply.attributes(header)
    remaining = paging.read_optional("ObjectsRemaining", read_whole) or 0
    return Reply(content, remaining, paging.optional_text("LastSent"), settings.fields)


def _refusal(fault: etree._Element | None, settings: DistributionSettings) -> UpstreamError:
    """Tell what a fault means; its text is not kept, since it may name a customer."""
    if fault is None or settings.maintenance_word not in (fault.findtext("faultstring") or ""):
        return UpstreamUnavailable(System.DISTRIBUTION)
    return PlannedMaintenance(System.DISTRIBUTION, _until(fault.findtext("detail//{*}until"), settings))


def _until(text: str | None, settings: DistributionSettings) -> datetime | None:
    try:
        return local_moments(datetime.fromisoformat(text), settings.zone)[0] if text else None
    except ValueError:
        return None
