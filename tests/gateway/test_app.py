"""Where the root leads: whoever signs in on the way to nowhere in particular comes by it."""

from pathlib import Path

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import load_settings
from tests.gateway.test_settings import WHOLE


@pytest.mark.parametrize(("graphiql", "leads_to"), [("true", "/graphiql"), ("false", "/security")])
async def test_root_leads_on(graphiql: str, leads_to: str, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(f"graphiql = {graphiql}\n{WHOLE}")
    transport = httpx.ASGITransport(create_app(load_settings(config)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.example") as client:
        answer = await client.get("/")
    assert answer.headers["location"] == leads_to
