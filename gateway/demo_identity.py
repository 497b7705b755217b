"""The demo's identity providers: the simulated ones that the sandbox announces."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from connectors.transport.deadline import Deadline
from connectors.transport.port import Exchange, Transport
from gateway.settings import Settings

CALL_S: Final = 10
SMS_ORIGINATOR: Final = "2100"


def identity_settings(announced: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings of the simulated providers; the profile says which of them are offered."""
    oneid, e_imzo, id_gov_ua, sms = (announced[name] for name in ("oneid", "e_imzo", "id_gov_ua", "sms"))
    return {
        "oneid": {name: oneid[name] for name in ("url", "client_id", "client_secret", "scope")},
        "e_imzo": {
            "base_url": e_imzo["url"],
            "site": e_imzo["site"],
            "api_keys": e_imzo["api_keys"],
            "agent_url": e_imzo["agent_url"],
            "app_link": f"{e_imzo['url']}/phone?qc=",
        },
        "id_gov_ua": {name: id_gov_ua[name] for name in ("url", "client_id", "client_secret", "certificate")},
        "decryption": {"url": id_gov_ua["url"], "token": id_gov_ua["decryption_token"]},
        "sms": {
            "playmobile": {
                **sms["playmobile"],
                "originator": SMS_ORIGINATOR,
                "base_url": f"{sms['url']}/playmobile",
            },
            "webhook_secret": secrets.token_urlsafe(24),
        },
    }


async def tell_operator(transport: Transport, url: str, settings: Settings) -> None:
    """Tell the simulated mobile operator where the gateway takes what subscribers send."""
    if settings.identity.sms is None:
        return
    address = f"{settings.issuer}/webhooks/sms/{settings.identity.sms.webhook_secret}"
    body = json.dumps({"inbound": f"{address}/inbound", "report": f"{address}/report"}).encode()
    headers = {"content-type": "application/json"}
    await transport.send(Exchange("demo.webhooks", "PUT", f"{url}/webhooks", headers, body), Deadline.within(CALL_S))
