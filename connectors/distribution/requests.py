"""Requests to distribution: zeep writes each envelope from the WSDL, under the vendor's name of the operation.

WsdlMistake(ValueError)    the WSDL does not describe an operation that is needed; says how to mend it
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import etree
from zeep import Client, Settings

from connectors.distribution.settings import DistributionSettings

XML_RULES: Final = Settings(
    strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, xml_huge_tree=False
)
"""How zeep may read XML, be it a WSDL or an answer."""

HEADER: Final = "MultiSpeakMsgHeader"
OPERATIONS: Final = ("PingURL", "GetUsagePointsByAccountNos", "GetReadingsByMeterNos")
"""What the house asks, by the names of the shipped WSDL."""

_BODY: Final = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


class WsdlMistake(ValueError):
    """The WSDL does not describe an operation that is needed."""


class _LocalFiles:
    """What zeep loads a WSDL with: files of this machine only; answers and requests go through our own port."""

    def load(self, url: str) -> bytes:
        """Read a file."""
        return Path(url).read_bytes()


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request, ready to send."""

    action: str
    body: bytes


class Envelopes:
    """Writes requests. Loading takes about 0.1 s and does not wait: do it in a thread."""

    def __init__(self, settings: DistributionSettings) -> None:
        self._client = Client(  # type: ignore[no-untyped-call] # zeep is not typed
            str(settings.wsdl), transport=_LocalFiles(), settings=XML_RULES
        )
        self._binding = self._client.service._binding  # noqa: SLF001 -- zeep keeps the chosen binding nowhere else
        self._fields = settings.fields
        self._header = {
            "Version": "3.0",
            "UserID": settings.user,
            "Pwd": settings.password,
            "AppName": "Gridgate",
            "Company": settings.company,
        }
        self._vendor_names = {name: settings.operations.get(name, name) for name in OPERATIONS}
        self._wsdl_names = {name: self._known(name, settings) for name in OPERATIONS}

    def vendor_name(self, operation: str) -> str:
        """Return what the vendor calls an operation."""
        return self._vendor_names[operation]

    def write(self, operation: str, arguments: Mapping[str, object]) -> Envelope:
        """Write a request; arguments that are None are left out."""
        name, vendor_name = self._wsdl_names[operation], self._vendor_names[operation]
        given = {self._fields.get(key, key): value for key, value in arguments.items() if value is not None}
        document = self._client.create_message(  # type: ignore[no-untyped-call] # zeep is not typed
            self._client.service, name, _soapheaders={HEADER: self._header}, **given
        )
        action: str = self._binding.get(name).soapaction or ""
        if name != vendor_name:
            content = document.find(_BODY)[0]
            content.tag = etree.QName(etree.QName(content).namespace, vendor_name)
            action = action.replace(name, vendor_name)
        return Envelope(action, etree.tostring(document, xml_declaration=True, encoding="utf-8"))

    def _known(self, operation: str, settings: DistributionSettings) -> str:
        """Find the operation in the WSDL by the vendor's name, or by ours where the vendor renamed it on the wire."""
        described = self._binding.all()
        for name in (self._vendor_names[operation], operation):
            if name in described:
                return name
        raise WsdlMistake(
            f"{settings.wsdl.name} describes neither {operation} nor {self._vendor_names[operation]}: "
            f"set the vendor's name of {operation} in `operations`, or ship the vendor's WSDL"
        )
