"""Names: whether two spellings of a surname are the same name.

Billing, the passport and the customer's keyboard write the same apostrophe differently: Ukrainian U+0027, U+2019 or
U+02BC; Uzbek Latin, after o and g, U+02BB, U+2018, U+0027 or U+0060, or a letter with tilde or breve in the alphabet as
it is being reformed. Case, spaces and hyphens do not count either. Letters do, and an apostrophe is not nothing.
"""

import hmac
import unicodedata
from typing import Final

APOSTROPHES: Final = "'\u2019\u02bc\u02bb\u2018`\u00b4\u2032\u02b9\u02c8\u201b\uff07\u055a\ua78c"
"""Typewriter's, right quote, modifier letter, turned comma, left quote, grave, acute, prime and their kin."""

_ONE_APOSTROPHE: Final = {ord(character): "'" for character in APOSTROPHES}
_REFORMED_UZBEK: Final = {ord("õ"): "o'", ord("ō"): "o'", ord("ğ"): "g'", ord("ḡ"): "g'"}
_PASSED_OVER: Final = frozenset({"Zs", "Pd", "Pc", "Cf", "Cc"})
"""Unicode's spaces, dashes, connectors, and what is not seen at all (soft hyphen, joiners)."""


def folded(name: str) -> str:
    """Return the one spelling of a name that comparing goes by."""
    taken_apart = name.translate(_ONE_APOSTROPHE)  # before the rest, which would take an acute accent for its mark
    for _ in range(2):  # folding case makes new compositions
        taken_apart = unicodedata.normalize("NFKD", taken_apart).casefold()
    letters = (each for each in taken_apart if unicodedata.category(each) not in _PASSED_OVER)
    return unicodedata.normalize("NFC", "".join(letters)).translate(_ONE_APOSTROPHE | _REFORMED_UZBEK)


def is_same_name(one: str, other: str) -> bool:
    """Tell whether two surnames are the same, in a time that does not depend on where they differ; never if empty."""
    left, right = folded(one).encode(), folded(other).encode()
    return hmac.compare_digest(left, right) and bool(left)
