"""Error texts: whatever graphql-core says of a document, no value that a client sent comes back."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.graph import WHOLE_HOUSE, Graph
from schema.error_texts import without_values

SECRET: Final = "quiet-evening-7"
SIGN_IN: Final = "mutation($input: SignInInput!) { signIn(input: $input) { __typename } }"
NOT_VALID: Final = "Variable '$input' has invalid value: Expected value of type 'SignInInput'"
GRAPH: Final = Graph(WHOLE_HOUSE, [])

WRONG: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "an unknown field": (
        SIGN_IN,
        {"input": {"login": "x", "password": SECRET, "pasword": 1}},
        f"{NOT_VALID} not to include unknown field 'pasword'. Did you mean 'password'?",
    ),
    "a missing field": (
        SIGN_IN,
        {"input": {"password": SECRET}},
        f"{NOT_VALID} to include required field 'login'.",
    ),
    "no object": (
        SIGN_IN,
        {"input": SECRET},
        f"{NOT_VALID} to be an object.",
    ),
    "a value of another type": (
        SIGN_IN,
        {"input": {"login": "x", "password": [SECRET]}},
        "Variable '$input' has invalid value at .password: String cannot represent a non string value.",
    ),
    "a value that is none": (
        SIGN_IN,
        {"input": {"login": "x", "password": "y", "scopes": [SECRET]}},
        "Variable '$input' has invalid value at .scopes[0]: The value does not exist in 'Scope' enum.",
    ),
    "a literal of another type": (
        "mutation { signIn(input: {login: 30000000000007, password: true}) { __typename } }",
        {},
        "String cannot represent a non string value.",
    ),
    "an unknown field in a literal": (
        f'mutation {{ signIn(input: {{login: "x", password: "{SECRET}", pin: 1}}) {{ __typename }} }}',
        {},
        "Expected value of type 'SignInInput' not to include unknown field 'pin'.",
    ),
    "a name where none may be": ('{ me(x: "y" quiet_evening_7) }', {}, "Syntax Error: Expected ':', found ')'."),
    "a text where none may be": (f'{{ me "{SECRET}" }}', {}, "Syntax Error: Expected Name, found String."),
}


@pytest.mark.parametrize("name", WRONG)
async def test_message_says_what_is_wrong_and_repeats_no_value(name: str) -> None:
    query, variables, message = WRONG[name]
    answer: Any = await GRAPH.execute(query, variables)
    assert message in [error.message for error in answer.errors]
    assert not any(word in repr([error.formatted for error in answer.errors]) for word in (SECRET, "30000000000007"))


@given(st.text(max_size=40))
def test_messages_without_values_stay_as_they_are(text: str) -> None:
    kept = f"Cannot query field '{''.join(filter(str.isalnum, text))}' on type 'Query'."
    assert without_values(kept) == kept


@given(st.text(min_size=1, max_size=40))
def test_what_is_found_is_never_repeated(value: str) -> None:
    assert without_values(f"Expected value of type 'X' to be an object, found: {value!r}.").endswith("an object.")
    assert without_values(f"String cannot represent a non string value: {value}").endswith("non string value.")
    assert without_values(f"Value '{value}' does not exist in 'Scope' enum.").startswith("The value does not exist")
