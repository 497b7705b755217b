"""The callback of a code flow (RFC 6749, 4.1.2): what the browser brings back from a provider."""

import hmac
from collections.abc import Mapping
from typing import Final

from auth.identity.port import Beginning, ProviderUnavailable, SignInExpired, SignInRefused

_PASSING: Final = frozenset({"server_error", "temporarily_unavailable"})


def read_code(answer: Mapping[str, str], beginning: Beginning) -> str:
    """Return the code.

    Raises:
        SignInExpired: there is none, or it came with another sign-in's state.
        SignInRefused: the provider, or the person there, said no.
        ProviderUnavailable: the provider says that it failed.
    """
    state = answer.get("state", beginning.state)
    if not hmac.compare_digest(state.encode(), beginning.state.encode()):
        raise SignInExpired("STATE_OF_ANOTHER")
    error = answer.get("error")
    if error in _PASSING:
        raise ProviderUnavailable("PROVIDER_ERROR")
    if error:
        raise SignInRefused("ACCESS_DENIED" if error == "access_denied" else "PROVIDER_REFUSED")
    code = answer.get("code")
    if not code:
        raise SignInExpired("CODE_MISSING")
    return code
