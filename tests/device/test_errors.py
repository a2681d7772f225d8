"""The catalogue of faults."""

from gridkeel import errors, errors_text


def test_the_catalogue_holds_every_fault_in_the_order_of_their_weight():
    assert [row[0] for row in errors_text.CATALOGUE] == list(errors.FAULTS)
    assert len(set(errors.FAULTS)) == len(errors.FAULTS)
    assert errors.NO_FAULT not in errors.FAULTS


def test_no_code_is_left_out():
    codes = [getattr(errors, name) for name in dir(errors) if name.upper() == name and name[0] != "_"]
    numbers = [code for code in codes if isinstance(code, int) and code != errors.NO_FAULT]
    assert sorted(numbers) == sorted(errors.FAULTS)


def test_a_code_has_its_name():
    assert errors_text.fault_name(errors.MAINS_LOST) == "mains_lost"
    assert errors_text.fault_name(errors.NO_FAULT) == "none"
    assert errors_text.fault_name(250) == "fault_250"
