"""Bytes to text where the sender's word on the encoding cannot be trusted.

Undecodable(ValueError)    no encoding that was tried fits; the text names those that were
"""

import codecs
import re
from collections.abc import Iterable, Sequence
from typing import Final

_CHARSET: Final = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
_XML_DECLARATION: Final = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml\b[^>]*\?>")
_XML_ENCODING: Final = re.compile(rb"encoding\s*=\s*[\"']([\w.:-]+)")


class Undecodable(ValueError):
    """No encoding that was tried fits."""


def decode_text(body: bytes, content_type: str, fallbacks: Sequence[str]) -> str:
    """Decode a body: as UTF-8 where it is (other text hardly ever is), else as declared, else by a fallback."""
    return _decode(body, [*_CHARSET.findall(content_type), *fallbacks])


def utf8_xml(body: bytes, content_type: str, fallbacks: Sequence[str]) -> bytes:
    """Return an XML document in UTF-8 without its declaration, which may be wrong; decodes as `decode_text` does."""
    declaration = _XML_DECLARATION.match(body)
    declared = _XML_ENCODING.findall(declaration.group()) if declaration else []
    content = body[declaration.end() :] if declaration else body
    names = [name.decode("ascii") for name in declared]
    return _decode(content, [*names, *_CHARSET.findall(content_type), *fallbacks]).encode()


def _decode(body: bytes, names: Iterable[str]) -> str:
    tried = list(dict.fromkeys(["utf-8-sig", *(name.lower() for name in names)]))
    for name in tried:
        try:
            return codecs.decode(body, name)
        except (UnicodeDecodeError, LookupError):
            continue
    raise Undecodable(f"the body is in none of {', '.join(tried)}")
