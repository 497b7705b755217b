"""npm `openid-client` in scripts of its own: what the tests tell them, and what they report, in lines of JSON."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from tests.applications import BACK, Application, issuer
from tests.demo_process import DemoProcess
from tests.npm import laid_beside, node

SCRIPTS: Final = Path(__file__).with_name("journeys") / "openid_client"
PACKAGE: Final = "openid-client@6.8.9"
GOODBYE_S: Final = 10
KEYS: Final[dict[str, Key]] = {
    "ES256": ECKey.generate_key("P-256", auto_kid=True),
    "RS256": RSAKey.generate_key(2048, auto_kid=True),
    "PS256": RSAKey.generate_key(2048, auto_kid=True),
    "Ed25519": OKPKey.generate_key("Ed25519", auto_kid=True),
}
"""The keys that clients prove themselves by, by algorithm."""


@dataclass(frozen=True, slots=True)
class Script:
    """A running script."""

    process: "subprocess.Popen[str]"

    def say(self, value: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:  # noqa: ANN401 -- whatever the script reports
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the script ended without a word; its error is above"
        return json.loads(line)


def laid(folder: Path) -> Path:
    """Lay the scripts beside the package that they import."""
    laid_beside(SCRIPTS / "lines.mjs", folder, PACKAGE)
    shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True)
    return folder


@contextmanager
def running(folder: Path, name: str, demo: DemoProcess, application: Application, **task: object) -> Iterator[Script]:
    """Run a script as an application, which finds everything else by the issuer's address."""
    addresses = {"issuer": issuer(demo), "graphql": demo.facts["graphql_url"], "redirect_uri": BACK}
    given = {"client_id": application.client_id, "secret": application.secret}
    with subprocess.Popen(
        [node(), folder / f"{name}.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        script = Script(process)
        script.say({**addresses, **given, **task})
        try:
            yield script
            assert process.wait(GOODBYE_S) == 0
        finally:
            process.kill()


def proof_by(method: str, algorithm: str | None = None) -> dict[str, object]:
    """Say how a script proves the client: by which method, and with which of KEYS."""
    if algorithm is None:
        return {"method": method}
    key = KEYS[algorithm]
    return {"method": method, "key": {"kid": key.kid, "algorithm": algorithm, "jwk": key.as_dict(private=True)}}
