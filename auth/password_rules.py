"""Password rules: long enough, not what everybody uses, not the customer's own name (NIST SP 800-63B-4, 3.1.1.2).

There are no rules about kinds of characters, and no password grows old: both make people choose worse ones.
"""

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from auth.passwords import MAX_LENGTH, normalised

DEFAULT_MINIMUM_LENGTH: Final = 10

_COMMON: Final = Path(__file__).parent / "data" / "common_passwords.txt"
_LOOKALIKES: Final = str.maketrans("013457@$!", "oleastasi")
_NOT_LETTERS: Final = re.compile(r"[\W\d_]+")
_ENDS: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_OWN_WORD: Final = 4
"""Shorter parts of a name occur by chance."""
_LEFT_WITHOUT_OWN_WORDS: Final = 6
_DISTINCT: Final = 5
_STEPS_IN_A_ROW: Final = 0.7


def why_weak(password: str, own: Iterable[str], minimum_length: int = DEFAULT_MINIMUM_LENGTH) -> str | None:
    """Say why a password is refused, None where it is not.

    Args:
        password: as typed.
        own: the customer's name, e-mail and phone.
        minimum_length: in characters.
    """
    text = normalised(password[: MAX_LENGTH + 1])
    if len(text) < minimum_length:
        return f"Use at least {minimum_length} characters; a few words that do not belong together are good."
    if max(len(text), len(password)) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    folded = text.casefold()
    if _is_common(folded) or _is_monotonous(folded):
        return "This password is among the first that anybody would try; use another."
    if _is_mostly_own(folded, own):
        return "This password is your own name, e-mail or phone; use another."
    return None


@cache
def common_passwords() -> frozenset[str]:
    """Read the words that make a password common, casefolded and without apostrophes."""
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _is_common(folded: str) -> bool:
    """Tell whether the letters, also behind look-alike digits, are a common word or two."""
    core = _ENDS.sub("", folded).translate(_LOOKALIKES)
    spellings = (folded, _NOT_LETTERS.sub("", folded), _NOT_LETTERS.sub("", core))
    words = common_passwords()
    return any(
        spelling[:cut] in words and (cut == len(spelling) or spelling[cut:] in words)
        for spelling in spellings
        for cut in range(1, len(spelling) + 1)
    )


def _is_monotonous(folded: str) -> bool:
    """Tell whether there are few different characters, or most of them follow in a row: `1234567890`, `aabbccddee`."""
    in_a_row = sum(abs(ord(one) - ord(other)) <= 1 for one, other in pairwise(folded))
    return len(set(folded)) < _DISTINCT or in_a_row >= _STEPS_IN_A_ROW * (len(folded) - 1)


def _is_mostly_own(folded: str, own: Iterable[str]) -> bool:
    """Tell whether little is left without the customer's own words."""
    whole = [re.sub(r"[\W_]+", "", normalised(text).casefold()) for text in own]
    parts = [part for text in own for part in re.split(r"[\W_]+", normalised(text).casefold())]
    rest = found = re.sub(r"[\W_]+", "", folded)
    for word in sorted({*whole, *parts}, key=len, reverse=True):
        if len(word) >= _OWN_WORD:
            rest = rest.replace(word, "")
    return rest != found and len(rest) < _LEFT_WITHOUT_OWN_WORDS
