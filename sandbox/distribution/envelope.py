"""SOAP 1.1 envelopes: what a request says, and how an answer or a fault is written.

Requests are parsed with lxml (no DTD, no entities, no network) into plain nodes, so that nothing else here knows lxml.
Answers are written as text: a page of 5,000 readings is built several times faster than through an element tree.

SoapFaultError: the request is answered by a soap:Fault.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

NAMESPACE = "urn:gridgate:sandbox:distribution:1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
HEADER = "MultiSpeakMsgHeader"


class SoapFaultError(Exception):
    """Refuse a request by a soap:Fault: a code of SOAP 1.1 (Client, Server, ...), a text, and XML for the detail."""

    def __init__(self, code: str, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Node:
    """An element of a request: its local name, its own text, and its children in document order."""

    name: str
    text: str
    children: tuple["Node", ...] = ()

    def all(self, name: str) -> Iterator["Node"]:
        """Give the children of that name."""
        return (child for child in self.children if child.name == name)

    def value(self, name: str) -> str | None:
        """Give the text of the first child of that name, or None where it is absent or empty."""
        return next((child.text for child in self.all(name)), "") or None

    def rows(self, listing: str, item: str) -> list["Node"]:
        """Give the items of a list element; an absent list is an empty one."""
        return [row for each in self.all(listing) for row in each.all(item)]


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request: the operation (the body's element), the credentials of its header, and its arguments."""

    operation: str
    user: str
    password: str
    arguments: Node


@dataclass(frozen=True, slots=True)
class Content:
    """What a successful answer holds: the XML inside the response element, and where its paging stands."""

    xml: str
    remaining: int = 0
    last_sent: str = ""


def read_request(body: bytes) -> Request:
    """Read an envelope; refuse by a fault what is not SOAP 1.1, not well formed, or has a DTD."""
    root = _parse(body)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise SoapFaultError("VersionMismatch", "the document is not a SOAP 1.1 envelope")
    header = root.find(f"{{{SOAP}}}Header/{{{NAMESPACE}}}{HEADER}")
    entries = root.findall(f"{{{SOAP}}}Body/*")
    if len(entries) != 1:
        raise SoapFaultError("Client", "soap:Body must hold exactly one element")
    name = etree.QName(entries[0])
    if name.namespace != NAMESPACE:
        raise SoapFaultError("Client", f"operations are in the namespace {NAMESPACE}")
    credentials: Mapping[str, str] = {} if header is None else dict(header.attrib)
    user, password = credentials.get("UserID", ""), credentials.get("Pwd", "")
    return Request(name.localname, user, password, _node(entries[0]))


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise SoapFaultError("Client", f"the document is not well formed: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise SoapFaultError("Client", "a document type declaration is not accepted")
    return root


def _node(element: etree._Element) -> Node:
    children = tuple(_node(child) for child in element)
    return Node(etree.QName(element).localname, (element.text or "").strip(), children)


def answer(operation: str, content: Content) -> bytes:
    """Write a successful answer: the operation's response element around the content, paging in the header."""
    return _envelope(
        f'<soap:Header><{HEADER} xmlns="{NAMESPACE}" Version="3.0" AppName="Distribution"'
        f' ObjectsRemaining="{content.remaining}" LastSent="{attribute(content.last_sent)}"/></soap:Header>'
        f'<soap:Body><{operation}Response xmlns="{NAMESPACE}">{content.xml}</{operation}Response></soap:Body>'
    )


def fault(error: SoapFaultError) -> bytes:
    """Write a soap:Fault."""
    detail = f"<detail>{error.detail}</detail>" if error.detail else ""
    return _envelope(
        f"<soap:Body><soap:Fault><faultcode>soap:{error.code}</faultcode>"
        f"<faultstring>{escape(error.text)}</faultstring>{detail}</soap:Fault></soap:Body>"
    )


def attribute(text: str) -> str:
    """Escape a text for use between the double quotes of an attribute."""
    return escape(text, {'"': "&quot;", "\n": "&#10;"})


def _envelope(content: str) -> bytes:
    opening = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}" xmlns:xsi="{XSI}">'
    return f"{opening}{content}</soap:Envelope>".encode()
