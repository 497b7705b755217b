import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import InvalidArgument, NotFound
from schema.nodes import NodeKey, parse_node_id
from schema.paging import Connection, Page, Slice, decode_cursor, encode_cursor, read_page

PARTS = st.lists(st.text(alphabet=st.characters(exclude_characters="\x1f", exclude_categories=["Cs"])), min_size=1)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_cursor_reads_back_what_it_writes(position: str) -> None:
    assert decode_cursor(encode_cursor(position)) == position


@pytest.mark.parametrize("first", [-1, 101])
def test_first_is_bounded_and_named(first: int) -> None:
    with pytest.raises(InvalidArgument, match="first is a number from 0 to 100") as refused:
        read_page(first, None)
    assert refused.value.extensions == {"code": "VALIDATION_FAILED", "argument": "first"}


@pytest.mark.parametrize("after", ["é", "a", "____"])
def test_a_cursor_that_we_never_wrote_is_refused_and_named(after: str) -> None:
    with pytest.raises(InvalidArgument, match="after is a cursor"):
        read_page(1, after)


def test_a_connection_shows_where_the_page_ends() -> None:
    page = Page(2, after="x")
    shown: Any = Connection.of(Slice(["b", "a"], has_more=True, total=7), page, str)
    assert [edge.cursor for edge in shown.edges()] == [encode_cursor("b"), encode_cursor("a")]
    ends = shown.page_info()
    assert (ends.has_next_page, ends.has_previous_page) == (True, True)
    assert (ends.start_cursor, ends.end_cursor) == (encode_cursor("b"), encode_cursor("a"))


def test_an_empty_page_has_no_cursors() -> None:
    shown: Any = Connection.of(Slice([], has_more=False), Page(0), str)
    ends = shown.page_info()
    assert (ends.start_cursor, ends.end_cursor, ends.has_next_page) == (None, None, False)


@given(st.text(alphabet=st.characters(exclude_characters="\x1f", exclude_categories=["Cs"])), PARTS)
def test_a_node_id_reads_back_what_it_writes(typename: str, parts: list[str]) -> None:
    key = NodeKey(typename, tuple(parts))
    assert parse_node_id(key.encode()) == key


@given(st.text())
def test_any_text_is_an_id_or_not_found(text: str) -> None:
    with contextlib.suppress(NotFound):
        assert isinstance(parse_node_id(text), NodeKey)
