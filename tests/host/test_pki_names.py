"""EMAID, PCID and SECC id: the check digit against published pairs, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.v2g import names
from host_tools.errors import ToolError

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALL = "0123456789" + _LETTERS
ACCOUNTS = st.builds(
    lambda country, rest: country + rest,
    st.text(_LETTERS, min_size=2, max_size=2),
    st.text(_ALL, min_size=12, max_size=12),
)


@pytest.mark.parametrize(
    ("account", "digit"),
    [  # the pairs that validators of contract ids are published with
        ("NN123ABCDEFGHI", "T"),
        ("FRXYZ123456789", "2"),
        ("ITA1B2C3E4F5G6", "4"),
        ("ESZU8WOX834H1D", "R"),
        ("PT73902837ABCZ", "Z"),
        ("DE83DUIEN83QGZ", "D"),
        ("DE83DUIEN83ZGQ", "M"),
        ("DE8AA001234567", "0"),
    ],
)
def test_check_digits_are_those_of_published_pairs(account: str, digit: str):
    assert names.check_digit(account) == digit
    assert names.emaid(account) == account + digit
    assert names.emaid(f"{account[:2]}-{account[2:5]}-{account[5:]}-{digit}".lower()) == account + digit


@given(ACCOUNTS, st.integers(0, 14), st.sampled_from(_ALL))
def test_one_wrong_character_is_noticed(account: str, place: int, other: str):
    whole = names.emaid(account)
    wrong = whole[:place] + other + whole[place + 1 :]
    assert (names.emaid_fault(wrong) == "") == (wrong == whole)


@given(ACCOUNTS, st.integers(2, 13))
def test_two_characters_in_each_others_place_are_noticed(account: str, place: int):
    whole = names.emaid(account)
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert (names.emaid_fault(swapped) == "") == (swapped == whole)


@pytest.mark.parametrize("text", ["", "DE8AA00123456", "DE8AA00123456700", "1E8AA001234567", "DE8AA00123456ü"])
def test_what_is_no_emaid_is_refused(text: str):
    with pytest.raises(ToolError, match="give country"):
        names.emaid(text)


@pytest.mark.parametrize("text", ["", "WMI1234567890123", "WMI1234567890123456", "WMI12345678901-34"])
def test_what_is_no_pcid_is_refused(text: str):
    with pytest.raises(ToolError, match="17 or 18"):
        names.pcid(text)


@pytest.mark.parametrize("text", ["", "A" * 65, "DE ABC", "DE\nABC"])
def test_what_is_no_secc_id_is_refused(text: str):
    with pytest.raises(ToolError, match="1 to 64"):
        names.secc_id(text)


def test_the_default_names_are_valid():
    for kind, check in names.CHECKS.items():
        assert check(names.DEFAULTS[kind]) == names.DEFAULTS[kind]
