"""eMAIDs compared: hyphens, case, and the check digit that one of them may lack."""

from gridkeel.crypto import p256, x509  # noqa: F401 - imports within imports take more stack than there is
from gridkeel.v2g import emaid

FULL = "DE8AA1A2B3C4D59"


def test_emaids_of_one_contract_compare_equal():
    for other in (FULL, FULL[:14], "DE-8AA-1A2B3C4D5-9", "DE-8AA-1A2B3C4D5", FULL.lower()):
        assert emaid.same(FULL, other) and emaid.same(other, FULL), other
    assert emaid.same(FULL[:14], FULL[:14])


def test_emaids_of_other_contracts_differ():
    for other in (FULL[:14] + "8", "DE8AA1A2B3C4D6", "DE8AA1A2B3C4D69", "FR8AA1A2B3C4D59", FULL[:13], FULL + "0", ""):
        assert not emaid.same(FULL, other) and not emaid.same(other, FULL), other


def test_what_is_no_emaid_equals_no_other():
    for text in ("", "-" * 14, "*" * 14, "DE8AA1A2B3C4"):
        assert not emaid.same(text, text), text
