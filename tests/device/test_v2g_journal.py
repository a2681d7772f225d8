"""The log's codes: each has a name of its own, and no number moves."""

from gridkeel.crypto import refusals, refusals_text
from gridkeel.v2g import journal, journal_text, sap
from gridkeel.v2g.iso2 import codes, states, states_text

NAMES = journal_text.names()
KINDS = journal_text.kinds()


def test_every_request_response_code_and_refusal_of_a_certificate_has_its_number():
    for number, request in enumerate(states_text.REQUESTS):
        assert NAMES[journal.REQUESTS + number] == request
    for name, value in codes.__dict__.items():
        if name.isupper() and isinstance(value, str):
            assert NAMES[journal.response_code(value)] == value, name
    for value in (sap.OK, sap.MINOR_DEVIATION, sap.FAILED):
        assert NAMES[journal.response_code(value)] == value
    assert NAMES[journal.OK + refusals.OK] == "ok"
    for code, name, _text in refusals_text.CATALOGUE:
        assert NAMES[journal.OK + code] == name


def test_a_name_that_is_none_has_no_number():
    for name in ("", "FAILED_SomethingNew", "OK_", "Reserved_A", "NO_ERROR"):
        assert journal.response_code(name) == journal.ev_error(name) == journal.OTHER, name
    assert NAMES[journal.ev_error("FAILED_EVShiftPosition")] == "FAILED_EVShiftPosition"
    assert NAMES[journal.response_code("FAILED")] == "FAILED"


def test_names_are_identifiers_of_their_own_and_numbers_fit_their_field():
    assert len(set(NAMES)) == len(NAMES) < 256
    assert len(set(KINDS)) == len(KINDS)
    for name in NAMES + KINDS:
        assert name.replace("_", "").isalpha() or name == "duty_not_5_percent", name
        assert len(name) <= 43, name
    assert [row[0] for row in journal_text.KINDS] == list(range(len(KINDS)))


def test_every_code_of_ours_has_one_sentence():
    numbers = [row[0] for row in journal_text.CATALOGUE]
    assert numbers == sorted(set(numbers))
    for code, name, text in journal_text.CATALOGUE:
        assert len(text) > 2 and text != name, name
        assert journal_text.text(code) == text
    assert journal_text.text(journal.REQUESTS) == ""


def test_numbers_stay_where_they_are():
    # A log of last year must still read right.
    assert NAMES.index("SessionStopReq") == 29
    assert NAMES.index("FAILED_CertificateRevoked") == 58
    assert journal.INTERNAL_ERROR == 96
    assert journal.EV_ERRORS == 144 and journal.CONTACTOR_RESTING == 152 == len(NAMES) - 1
    assert (journal.PAUSED, journal.STOPPED, journal.ENDED) == (5, 6, 7)
    assert KINDS[5] == "refused" and journal.KIND_TRAILING == 14
    assert states.number_of("SessionStopReq") + journal.REQUESTS == 29
