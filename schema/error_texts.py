"""Error texts: what graphql-core says of a document or its variables, without the values that it would repeat.

An input that does not fit is quoted whole by graphql-core: with the password beside the field that is unknown. Answers
are kept by clients' logs and by whoever watches the line, so they name fields and types and repeat no value.
"""

import re
from typing import Final

_RULES: Final = (
    (re.compile(r"[,;] found: .*", re.DOTALL), "."),
    (re.compile(r" Found: .*", re.DOTALL), ""),
    (re.compile(r"(cannot represent [^:]*\bvalue): .*", re.DOTALL), r"\1."),
    (re.compile(r"\bValue '.*' does not exist", re.DOTALL), "The value does not exist"),
    (re.compile(r"\b(Name|Int|Float|String|BlockString|Comment) '.*'", re.DOTALL), r"\1"),
    (re.compile(r"(escape sequence): '.*'", re.DOTALL), r"\1"),
)


def without_values(message: str) -> str:
    """Return a message of graphql-core's without what the client sent, names of fields and variables excepted."""
    for pattern, replacement in _RULES:
        message = pattern.sub(replacement, message, count=1)
    return message
