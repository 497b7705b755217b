"""Every field that returns an account's data, asked by nobody, a stranger, the owner without the scope, the owner."""

from typing import Any, Final, NamedTuple

import pytest

from tests.demo_process import DemoProcess

ALL_SCOPES: Final = ["profile:read", "accounts:read", "balance:read", "charges:read", "readings:read", "payments:read"]
SCOPE_NAMES: Final = {scope: scope.replace(":", "_").upper() for scope in ALL_SCOPES}

FIELDS: Final = {
    "holder": ("accounts:read", "holder { lastName }"),
    "address": ("accounts:read", "address { city }"),
    "supplier": ("accounts:read", "supplier { code }"),
    "distributionOperator": ("accounts:read", "distributionOperator { code }"),
    "status": ("accounts:read", "status"),
    "isPrepaid": ("accounts:read", "isPrepaid"),
    "tariff": ("accounts:read", "tariff { code }"),
    "balance": ("balance:read", "balance { standing }"),
    "charges": ("charges:read", "charges(first: 1) { nodes { id } }"),
    "bills": ("charges:read", "bills(first: 1) { nodes { id } }"),
    "usagePoints": ("readings:read", "usagePoints { id }"),
    "meters": ("readings:read", "meters { id }"),
    "payments": ("payments:read", "payments(first: 1) { nodes { id } }"),
}
"""Every field of `Account` that returns data, with its scope; a test compares with the schema."""


class Way(NamedTuple):
    """A way to an account: an operation around a selection, and where the account stands in the answer."""

    name: str
    operation: str
    path: tuple[str | int, ...]

    def variables(self, number: str, node_id: str) -> dict[str, Any]:
        """Fill the operation's only variable."""
        match self.name:
            case "node":
                return {"x": node_id}
            case "_entities":
                return {"x": [{"__typename": "Account", "number": number}]}
            case "me":
                return {"x": [number]}
        return {"x": number}


WAYS: Final = (
    Way(
        "me",
        "query($x: [AccountNumber!]) {{ me {{ accounts(numbers: $x) {{ nodes {{ {0} }} }} }} }}",
        ("me", "accounts", "nodes", 0),
    ),
    Way("account", "query($x: AccountNumber!) {{ account(number: $x) {{ {0} }} }}", ("account",)),
    Way("node", "query($x: ID!) {{ node(id: $x) {{ ... on Account {{ {0} }} }} }}", ("node",)),
    Way(
        "_entities",
        "query($x: [_Any!]!) {{ _entities(representations: $x) {{ ... on Account {{ {0} }} }} }}",
        ("_entities", 0),
    ),
)


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


def at(data: dict[str, Any] | None, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 -- any part of an answer
    found: Any = data
    for step in path:
        if found is None:
            return None
        found = found[step]
    return found


@pytest.fixture
def own(demo: DemoProcess) -> tuple[str, str]:
    """The number and the node id of an account of the customer with ten."""
    number = demo.user(10)["accounts"][0]
    found = demo.send("query($n: AccountNumber!) { account(number: $n) { id } }", {"n": number}, demo.token(10))
    return number, found["data"]["account"]["id"]


def test_every_field_of_an_account_is_in_the_table(demo: DemoProcess) -> None:
    shown = demo.send('{ __type(name: "Account") { fields { name } } }')
    names = {field["name"] for field in shown["data"]["__type"]["fields"]}
    assert names == {"id", "number", *FIELDS}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_nobody_is_unauthenticated_everywhere(demo: DemoProcess, own: tuple[str, str], way: Way) -> None:
    for field in FIELDS.values():
        answer = demo.send(way.operation.format(field[1]), way.variables(*own))
        assert codes(answer) == ["UNAUTHENTICATED"]
        assert at(answer["data"], way.path[:1]) is None


@pytest.mark.parametrize("token", ["x", "x.y.z", "e30.e30.", "Bearer", "a" * 5000])
def test_a_token_that_is_none_is_as_nobody(demo: DemoProcess, own: tuple[str, str], token: str) -> None:
    answer = demo.send(WAYS[1].operation.format("number"), WAYS[1].variables(*own), token)
    assert codes(answer) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_stranger_is_told_the_same_as_of_an_account_that_does_not_exist(
    demo: DemoProcess, own: tuple[str, str], way: Way
) -> None:
    stranger = demo.token(50)
    missing = own[0][::-1]
    missing_id = demo.send("{ me { id } }", token=stranger)["data"]["me"]["id"]
    demo.forget_calls()
    for field in FIELDS.values():
        refused = demo.send(way.operation.format(field[1]), way.variables(*own), stranger)
        absent = demo.send(way.operation.format(field[1]), way.variables(missing, missing_id[:-4] + "AAAA"), stranger)
        assert codes(refused) == ["NOT_FOUND"]
        assert refused == absent
        assert at(refused["data"], way.path) is None
    assert demo.calls() == {}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
@pytest.mark.parametrize("name", FIELDS)
def test_the_owner_needs_the_scope_and_no_other(
    demo: DemoProcess, own: tuple[str, str], way: Way, name: str, tokens: dict[str, str]
) -> None:
    scope, selection = FIELDS[name]
    whole = demo.send(way.operation.format(selection), way.variables(*own), tokens["all"])
    assert codes(whole) == []
    assert at(whole["data"], way.path)[name] is not None
    lacking = demo.send(way.operation.format(selection), way.variables(*own), tokens[scope])
    assert codes(lacking) == ["FORBIDDEN"]
    assert lacking["errors"][0]["extensions"]["requiredScopes"] == [scope]
    assert not at(lacking["data"], (*way.path, name)) if scope != "accounts:read" else True


@pytest.fixture
def tokens(demo: DemoProcess) -> dict[str, str]:
    """The owner's token with all scopes, and one lacking each scope, by that scope."""
    lacking = {
        scope: demo.token(10, [SCOPE_NAMES[other] for other in ALL_SCOPES if other != scope]) for scope in ALL_SCOPES
    }
    return {"all": demo.token(10), **lacking}


@pytest.mark.parametrize(
    ("selection", "typename", "scope"),
    [
        ("charges(first: 2) { nodes { id } }", "Charge", "charges:read"),
        ("bills(first: 2) { nodes { id } }", "Bill", "charges:read"),
        ("payments(first: 2) { nodes { id } }", "Payment", "payments:read"),
        ("meters { id }", "Meter", "readings:read"),
        ("usagePoints { id }", "UsagePoint", "readings:read"),
    ],
)
def test_things_of_an_account_are_as_guarded_as_the_account(
    demo: DemoProcess, own: tuple[str, str], selection: str, typename: str, scope: str, tokens: dict[str, str]
) -> None:
    found = demo.send(WAYS[1].operation.format(selection), WAYS[1].variables(*own), tokens["all"])
    listed = next(iter(found["data"]["account"].values()))
    node_id = (listed["nodes"] if isinstance(listed, dict) else listed)[-1]["id"]
    by_node = "query($x: ID!) { node(id: $x) { __typename id } }"
    by_entity = "query($x: [_Any!]!) { _entities(representations: $x) { __typename ... on Node { id } } }"
    reference = [{"__typename": typename, "id": node_id}]
    for query, variable, root in ((by_node, node_id, "node"), (by_entity, reference, "_entities")):
        whole = demo.send(query, {"x": variable}, tokens["all"])
        assert codes(whole) == []
        assert at(whole["data"], (root, 0) if root == "_entities" else (root,)) == {
            "__typename": typename,
            "id": node_id,
        }
        assert codes(demo.send(query, {"x": variable}, tokens[scope])) == ["FORBIDDEN"]
        assert codes(demo.send(query, {"x": variable}, demo.token(50))) == ["NOT_FOUND"]
        assert codes(demo.send(query, {"x": variable})) == ["UNAUTHENTICATED"]


def test_a_customer_is_only_their_own_node(demo: DemoProcess) -> None:
    mine = demo.send("{ me { id } }", token=demo.token(10))["data"]["me"]["id"]
    query = "query($x: ID!) { node(id: $x) { id } }"
    assert demo.send(query, {"x": mine}, demo.token(10))["data"]["node"]["id"] == mine
    assert codes(demo.send(query, {"x": mine}, demo.token(1))) == ["NOT_FOUND"]
    assert codes(demo.send(query, {"x": mine}, demo.token(10, ["ACCOUNTS_READ"]))) == ["FORBIDDEN"]


def test_an_id_of_another_type_does_not_pass_for_an_entity(demo: DemoProcess, own: tuple[str, str]) -> None:
    query = "query($x: [_Any!]!) { _entities(representations: $x) { __typename } }"
    hostile: list[dict[str, Any]] = [
        {"__typename": "Meter", "id": own[1]},
        {"__typename": "Query", "id": own[1]},
        {"__typename": "Account", "number": 5},
        {"__typename": "Account"},
        {"id": own[1]},
        {"__typename": "Account", "id": "%%%"},
    ]
    for representation in hostile:
        answer = demo.send(query, {"x": [representation]}, demo.token(10))
        assert codes(answer) == ["NOT_FOUND"], representation
    mixed = demo.send(query, {"x": [hostile[0], {"__typename": "Account", "id": own[1]}]}, demo.token(10))
    assert mixed["data"]["_entities"] == [None, {"__typename": "Account"}]
