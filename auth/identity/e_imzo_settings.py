"""What the contract with E-IMZO's operator settles, and where E-IMZO-SERVER is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class EImzoSettings:
    """The settings of both ways of E-IMZO; the defaults are public facts.

    `base_url` is E-IMZO-SERVER's, and `site` our domain as the contract has it. `api_keys` maps each domain that shows
    the sign-in page to its key for the E-IMZO application; browsers see them. The agent is that application's WebSocket
    on the customer's computer: a page over https may reach `secure_agent_url` only. `app_link` opens the phone's
    application. Certificates' dates have no time zone: `slack` is by how much they may be off. `timeout_s` bounds each
    call. Changing `issuer` makes everybody a stranger.
    """

    base_url: str
    site: str
    api_keys: Mapping[str, str] = field(default_factory=dict)
    agent_url: str = "ws://127.0.0.1:64646/service/cryptapi"
    secure_agent_url: str = "wss://127.0.0.1:64443/service/cryptapi"
    app_link: str = "eimzo://sign?qc="
    issuer: str = "urn:uz:e-imzo"
    slack: timedelta = timedelta(days=1)
    timeout_s: float = 10.0
