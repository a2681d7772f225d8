"""The log's words: every text a session tells has one, and no number moves."""

from gridkeel.crypto import refusals_text
from gridkeel.v2g import journal, sap, signatures
from gridkeel.v2g.iso2 import codes, states_text

WORDS = journal.words()


def test_every_request_code_and_refusal_has_a_word():
    texts = list(states_text.REQUESTS) + [sap.OK, sap.MINOR_DEVIATION, sap.FAILED]
    texts += [value for name, value in codes.__dict__.items() if name.isupper() and isinstance(value, str)]
    texts += [name for _code, name, _text in refusals_text.CATALOGUE]
    texts += [signatures.OK, signatures.MISSING, signatures.FORM, signatures.REFERENCE, signatures.DIGEST]
    texts += [signatures.MISMATCH]
    for text in texts:
        assert journal.word(text) != journal.OTHER, text


def test_a_word_is_found_by_its_beginning():
    assert WORDS[journal.word("no request in state setup")] == "no_request_in_state"
    assert WORDS[journal.word("message too long")] == "message_too_long"
    assert journal.word("") == journal.OTHER
    assert journal.word("anything else") == journal.OTHER
    assert WORDS[journal.word("FAILED")] == "FAILED"
    assert WORDS[journal.word("FAILED_SomethingNew")] == "FAILED"


def test_words_are_one_of_a_kind_and_fit_their_field():
    assert len(set(WORDS)) == len(WORDS) < 256
    assert len(set(journal.KINDS)) == len(journal.KINDS)
    assert not [word for word in WORDS if " " in word or "=" in word]
    assert journal.kind("refused") == journal.KINDS.index("refused")
    assert journal.kind("no such kind") == journal.OTHER


def test_numbers_stay_where_they_are():
    # A log of last year must still read right.
    assert WORDS.index("SessionStopReq") == 29
    assert WORDS.index("FAILED_CertificateRevoked") == 58
    assert WORDS.index("a_defect") == 96
    assert journal.KINDS[5] == "refused"
