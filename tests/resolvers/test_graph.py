"""The committed SDL, the subgraphs of single systems, and what federation composers say of them."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, print_schema, validate
from strawberry.types.base import StrawberryObjectDefinition

from resolvers.graph import WHOLE_HOUSE, Graph
from schema.systems import OWNERS, System
from tests.demo_process import OPERATIONS

COMMITTED: Final = Path(__file__).parents[2] / "schema" / "schema.graphql"

ROOTS: Final = {
    System.IDENTITY: {"me", "account", "security", "node", "regions", "utility"},
    System.BILLING: {"node", "notices", "payee", "tariffs"},
    System.DISTRIBUTION: {"node"},
    System.SUPPLY: {"node"},
}


def whole() -> GraphQLSchema:
    # Without federation's directives, which a plain client does not know.
    return build_schema(print_schema(Graph(WHOLE_HOUSE, [])._schema))  # noqa: SLF001 -- the only way to the plain schema


def test_the_committed_sdl_is_the_schema() -> None:
    assert COMMITTED.read_text("utf-8") == Graph(WHOLE_HOUSE, []).as_str() + "\n", (
        "run: gridgate schema > schema/schema.graphql"
    )


@pytest.mark.parametrize("path", sorted(OPERATIONS.glob("*.graphql")), ids=lambda path: path.stem)
def test_every_shared_operation_is_valid(path: Path) -> None:
    document = parse(path.read_text("utf-8"))
    assert validate(whole(), document) == []
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    assert [each.name is not None for each in operations] == [True]


@pytest.mark.parametrize("system", System)
def test_each_system_makes_a_subgraph_of_its_own(system: System) -> None:
    graph = Graph([system], [])
    plain = build_schema(print_schema(graph._schema))  # noqa: SLF001 -- the only way to the plain schema
    assert plain.query_type is not None
    assert set(plain.query_type.fields) - {"_entities", "_service"} == ROOTS[system]
    others = {name for name, owner in OWNERS.items() if owner is not system}
    definitions = [concrete.definition for concrete in graph.schema_converter.type_map.values()]
    kept = [
        field
        for each in definitions
        if isinstance(each, StrawberryObjectDefinition)
        for field in graph.get_fields(each)
    ]
    assert [field.name for field in kept if getattr(field.origin, "__module__", "") in others] == []


def test_every_module_with_an_owner_exists() -> None:
    root = Path(__file__).parents[2]
    assert [name for name in OWNERS if not (root / f"{name.replace('.', '/')}.py").is_file()] == []


COMPOSE: Final = """
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";
import { readFileSync } from "node:fs";
const services = JSON.parse(readFileSync(0, "utf8")).map(({ name, sdl }) => ({ name, typeDefs: parse(sdl) }));
const result = composeServices(services);
console.log(JSON.stringify((result.errors ?? []).map((error) => error.message)));
"""


@pytest.fixture(scope="session")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a federation composer from the npm registry."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed, so no federation composer can be had")
    folder = tmp_path_factory.mktemp("composer")
    packages = ["@theguild/federation-composition@0.27.0", "graphql@16"]
    installed = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", *packages],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    )
    if installed.returncode:
        pytest.skip("the npm registry does not give the federation composer")
    (folder / "compose.mjs").write_text(COMPOSE)
    return folder


@pytest.mark.parametrize(
    "split", [[list(System)], [[system] for system in System]], ids=["the whole house", "a subgraph for each system"]
)
def test_a_federation_composer_accepts_it(composer: Path, split: list[list[System]]) -> None:
    services = [{"name": "-".join(system.value for system in part), "sdl": Graph(part, []).as_str()} for part in split]
    ran = subprocess.run(
        ["node", "compose.mjs"],  # noqa: S607 -- found by the fixture
        cwd=composer,
        input=json.dumps(services),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout) == []
