"""GOST R 34.11-94 by the examples of its RFC, and by published values of the parameter set that E-IMZO uses."""

import pytest

from auth.identity.gost94 import gost94

# id-GostR3411-94-TestParamSet (RFC 4357, 11.2; RFC 5831, 7.1)
TEST_SBOXES = (
    (4, 10, 9, 2, 13, 8, 0, 14, 6, 11, 1, 12, 7, 15, 5, 3),
    (14, 11, 4, 12, 6, 13, 15, 10, 2, 3, 8, 1, 0, 7, 5, 9),
    (5, 8, 1, 13, 10, 3, 4, 2, 14, 15, 12, 7, 6, 0, 9, 11),
    (7, 13, 10, 1, 0, 8, 9, 15, 14, 4, 6, 12, 11, 2, 5, 3),
    (6, 12, 7, 1, 5, 15, 13, 8, 4, 10, 9, 14, 0, 3, 11, 2),
    (4, 11, 10, 0, 7, 2, 1, 13, 3, 6, 8, 5, 9, 12, 15, 14),
    (13, 11, 4, 1, 3, 15, 5, 9, 0, 10, 14, 7, 6, 8, 2, 12),
    (1, 15, 13, 0, 5, 7, 10, 4, 9, 2, 3, 14, 6, 11, 8, 12),
)


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("This is message, length=32 bytes", "FAFF37A615A816691CFF3EF8B68CA247E09525F39F8119832EB81975D366C4B1"),
        (
            "Suppose the original message has length = 50 bytes",
            "0852F5623B89DD57AEB4781FE54DF14EEAFBC1350613763A0D770AA657BA1A47",
        ),
    ],
    ids=["7.3.1", "7.3.2"],
)
def test_examples_of_rfc_5831(message: str, number: str) -> None:
    # The RFC writes the hash as a number; the bytes of a hash begin with its least significant one.
    assert gost94(message.encode(), TEST_SBOXES)[::-1].hex().upper() == number


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        ("", "981e5f3ca30c841487830f84fb433e13ac1101569b9c13584ac483234cd656c0"),
        ("a", "e74c52dd282183bf37af0079c9f78055715a103f17e3133ceff1aacf2f403011"),
        ("abc", "b285056dbf18d7392d7677369524dd14747459ed8143997e163b2986f92fd42c"),
        ("message digest", "bc6041dd2aa401ebfa6e9886734174febdb4729aa972d60f549ac39b29721ba0"),
        (
            "The quick brown fox jumps over the lazy dog",
            "9004294a361a508c586fe53d1f1b02746765e71b765472786e4770d565830a76",
        ),
    ],
)
def test_published_values_with_the_cryptopro_parameters(message: str, digest: str) -> None:
    assert gost94(message.encode()).hex() == digest


def test_whole_blocks_get_no_padding() -> None:
    assert len({gost94(b"\0" * size) for size in (0, 31, 32, 33, 64)}) == 5
