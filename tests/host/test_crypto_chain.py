"""Paths made with `cryptography`: every refusal of the catalogue provoked, and which of two comes first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crypto_cases import Case, cases
from crypto_pki import CERTIFY, EMAID, NOW_S, contract_pki, issue, revoke
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from gridkeel.crypto import chain, crl, ecdsa, profiles, refusals_text, trust, x509

DAY = timedelta(days=1)
CASES = cases()


def drive(work):
    """Run a generator to its end; return (its value, the slices)."""
    slices = 0
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value, slices
        slices += 1


def profile_of(case: Case) -> profiles.Profile:
    profile = getattr(profiles, case.profile)
    return profiles.Profile(
        profile.name, profile.is_emaid, profile.domain_component, profile.purpose, needs_crl=case.needs_crl
    )


def validate(case: Case, known: trust.Known | None = None) -> int:
    lists = [drive(crl.parse(data))[0] for data in case.lists]
    profile = profile_of(case)
    return drive(chain.validate(case.certificates, case.roots, case.unix_s, lists, profile, known))[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title.replace(" ", "-"))
def test_each_chain_gives_the_answer_of_its_case(case: Case) -> None:
    assert chain.name(validate(case)) == chain.name(case.expected)


def test_every_refusal_is_provoked() -> None:
    assert {case.expected for case in CASES} == {0, *(row[0] for row in refusals_text.CATALOGUE)}


def test_certificates_may_come_parsed() -> None:
    made = contract_pki()
    path = [x509.parse(data) for data in made.chain]
    roots = [x509.parse(made.root.der)]
    assert drive(chain.validate(path, roots, NOW_S, [], profiles.CONTRACT))[0] == chain.OK


STRANGER = ec.generate_private_key(ec.SECP256R1())
# From the check that comes last to the one that comes first: what is changed in which certificate, and the answer.
FAULTS: tuple[tuple[str, dict, str], ...] = (
    ("lists", {"revoked": True}, "revoked"),
    ("leaf", {"signer": STRANGER}, "bad_signature"),
    ("sub_1", {"ends": -DAY}, "expired"),
    ("leaf", {"begins": DAY, "ends": 2 * DAY}, "not_yet_valid"),
    ("asked", {"unix_s": None}, "clock_unset"),
    ("asked", {"roots": []}, "wrong_root"),
    ("sub_1", {"path_len": 0}, "path_length"),
    ("sub_1", {"usage": ("crl_sign",)}, "key_usage"),
    ("sub_1", {"ca": False, "path_len": None}, "basic_constraints"),
    ("chain", {"turned": lambda chained: [chained[0], chained[2], chained[1]]}, "chain_order"),
    ("leaf", {"common_name": "nobody"}, "subject"),
    ("leaf", {"usage": ("key_agreement",)}, "key_usage"),
    ("leaf", {"ca": True}, "basic_constraints"),
    ("sub_2", {"curve": ec.SECP384R1()}, "unknown_curve"),
    ("leaf", {"curve": ec.SECP521R1()}, "unknown_curve"),
    ("chain", {"empty": lambda chained: [b"", *chained[1:]]}, "encoding"),
    ("chain", {"longer": lambda chained: [b"", *chained]}, "chain_length"),
)


def answer_to(faults) -> str:
    """Return what is said to a chain with all of these faults at once."""
    parts: dict[str, dict] = {name: {} for name in ("leaf", "sub_1", "sub_2", "lists", "asked", "chain")}
    for where, change, _expected in faults:
        parts[where].update(change)
    made = contract_pki(leaf=parts["leaf"], sub_1=parts["sub_1"], sub_2=parts["sub_2"])
    chained = made.chain
    for turn in parts["chain"].values():
        chained = turn(chained)
    of_p256 = "curve" not in parts["sub_2"]
    lists = [drive(crl.parse(revoke(made.sub_2, made.leaf)))[0]] if parts["lists"] and of_p256 else []
    asked = {"roots": [made.root.der], "unix_s": NOW_S, **parts["asked"]}
    code, _slices = drive(chain.validate(chained, asked["roots"], asked["unix_s"], lists, profiles.CONTRACT))
    return chain.name(code)


@pytest.mark.parametrize("count", range(1, len(FAULTS) + 1))
def test_checks_come_in_the_documented_order(count: int) -> None:
    assert answer_to(FAULTS[:count]) == FAULTS[count - 1][2]


@given(st.sets(st.integers(0, len(FAULTS) - 1), min_size=1))
def test_of_any_faults_the_first_is_reported(chosen: set[int]) -> None:
    assert answer_to([FAULTS[at] for at in sorted(chosen)]) == FAULTS[max(chosen)][2]


def test_a_damaged_leaf_comes_before_a_damaged_sub_ca() -> None:
    made = contract_pki(sub_1={"curve": ec.SECP384R1()}, sub_2={"identifiers": False})
    chained = [made.leaf.der + b"\x00", made.sub_2.der, made.sub_1.der]
    assert drive(chain.validate(chained, [made.root.der], NOW_S, [], profiles.CONTRACT))[0] == chain.ENCODING


def test_a_bad_sub_ca_is_found_before_its_leaf_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    made = contract_pki(sub_1={"signer": stranger})
    assert verifications(monkeypatch, made.chain, made.root.der, None) == (chain.BAD_SIGNATURE, 1)


def verifications(monkeypatch, chained, root, known, lists=()) -> tuple[int, int]:
    """Return (the answer, how many signatures were worked out)."""
    counted = []

    def counting(*arguments):
        counted.append(arguments)
        return original(*arguments)

    original = ecdsa.verify
    with monkeypatch.context() as patch:
        patch.setattr(ecdsa, "verify", counting)
        code = drive(chain.validate(chained, [root], NOW_S, lists, profiles.CONTRACT, known))[0]
    return code, len(counted)


def test_a_certificate_that_is_known_is_not_verified_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contract_pki()
    lists = [drive(crl.parse(revoke(made.sub_2)))[0]]
    known = trust.Known()
    root = made.root.der
    assert verifications(monkeypatch, made.chain, root, known, lists) == (chain.OK, 4)
    assert verifications(monkeypatch, made.chain, root, known, lists) == (chain.OK, 0)
    second_ev = [issue(EMAID, made.sub_2).der, *made.chain[1:]]
    assert verifications(monkeypatch, second_ev, root, known, lists) == (chain.OK, 1)
    assert verifications(monkeypatch, contract_pki().chain, root, known) == (chain.WRONG_ROOT, 0)


def test_a_certificate_that_is_known_can_still_be_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contract_pki()
    known = trust.Known()
    root = made.root.der
    assert verifications(monkeypatch, made.chain, root, known) == (chain.OK, 3)
    lists = [drive(crl.parse(revoke(made.sub_2, made.leaf)))[0]]
    assert verifications(monkeypatch, made.chain, root, known, lists) == (chain.REVOKED, 1)


def test_a_known_leaf_counts_under_the_key_that_signed_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contract_pki()
    known = trust.Known()
    root = made.root.der
    assert verifications(monkeypatch, made.chain, root, known) == (chain.OK, 3)
    other = issue("MOSub2", made.sub_1, ca=True, usage=CERTIFY, path_len=0, identifiers=False)
    chained = [made.chain[0], other.der, made.sub_1.der]
    assert verifications(monkeypatch, chained, root, known) == (chain.BAD_SIGNATURE, 2)


def test_a_certificate_that_is_used_stays_known(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contract_pki()
    known = trust.Known(4)
    root = made.root.der
    assert verifications(monkeypatch, made.chain, root, known) == (chain.OK, 3)
    for _ in range(6):
        another = [issue(EMAID, made.sub_2).der, *made.chain[1:]]
        assert verifications(monkeypatch, another, root, known) == (chain.OK, 1)
    # The first leaf has made room for those after it, and the sub-CAs have not.
    assert verifications(monkeypatch, made.chain, root, known) == (chain.OK, 1)


def test_known_signatures_do_not_pass_another_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contract_pki()
    known = trust.Known()
    assert verifications(monkeypatch, made.chain, made.root.der, known)[0] == chain.OK
    forged = issue("MOSub2", made.sub_1, ca=True, usage=CERTIFY, path_len=0, signer=made.leaf.key, key=made.sub_2.key)
    chained = [made.leaf.der, forged.der, made.sub_1.der]
    assert verifications(monkeypatch, chained, made.root.der, known) == (chain.BAD_SIGNATURE, 1)


def test_a_certificate_that_is_known_still_expires() -> None:
    made = contract_pki()
    known = trust.Known()
    for when, expected in ((NOW_S, chain.OK), (NOW_S + 4000 * 86400, chain.EXPIRED)):
        assert drive(chain.validate(made.chain, [made.root.der], when, [], profiles.CONTRACT, known))[0] == expected


def test_the_store_of_known_signatures_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contract_pki()
    known = trust.Known(2)
    root = made.root.der
    assert verifications(monkeypatch, made.chain, root, known) == (chain.OK, 3)
    one_more = issue("MOSub3", made.root, ca=True, usage=CERTIFY)
    assert verifications(monkeypatch, [issue(EMAID, one_more).der, one_more.der], root, known) == (chain.OK, 2)
    # All of the first three were forgotten.
    assert verifications(monkeypatch, made.chain, root, known) == (chain.OK, 3)


def test_a_bad_signature_is_never_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contract_pki(sub_1={"signer": ec.generate_private_key(ec.SECP256R1())})
    known = trust.Known()
    for _ in range(2):
        assert verifications(monkeypatch, made.chain, made.root.der, known) == (chain.BAD_SIGNATURE, 1)
