"""Run by pytest in a process of its own, with the plugin pytest-iam: serves its provider until stdin closes.

One person has signed in and consented to three clients: "empty" gets ID tokens for nobody (`aud` of `[]`, as this
provider makes them by itself), "unsigned" gets ID tokens without a signature, and "right" gets what it should.
"""

import json
import sys
from typing import Any

CALLBACK = "https://kabinet.example.org/sign-in/oidc/callback"
SECRET = "a-secret-of-tests"  # it takes credentials undecoded, so they hold nothing to decode


def test_serve(iam_server: Any) -> None:  # noqa: ANN401 -- pytest-iam's
    for name in ("empty", "unsigned", "right"):
        client = iam_server.models.Client(
            client_id=name,
            client_secret=SECRET,
            client_name=name,
            client_uri="https://kabinet.example.org",
            redirect_uris=[CALLBACK],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="client_secret_basic",
            id_token_signed_response_alg="none" if name == "unsigned" else "RS256",
            scope=["openid", "profile"],
        )
        iam_server.backend.save(client)
        if name != "empty":
            client.audience = [client]
            iam_server.backend.save(client)
    user = iam_server.random_user()
    iam_server.login(user)
    iam_server.consent(user)
    sys.stdout.write(json.dumps({"issuer": iam_server.url, "login": user.user_name}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
