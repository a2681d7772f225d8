"""A configuration that broke: what the controller runs on, what it reports, and how it is mended."""

from gridkeel import errors, errors_text, params
from gridkeel.errors import ParameterError
from gridkeel.link import ids, message_ids
from gridkeel.runtime.commands import OK, OUT_OF_RANGE, REFUSED, Commands
from gridkeel.runtime.config import CONFIG, GOOD, Config
from gridkeel.services.protection import Protection

WASM_GROUP = 1

SOUND = b'{"baseline_w": 1500, "modbus_unit": 7}'
KEPT = b'{"baseline_w": 1200, "modbus_unit": 7}'
INDEX = params.index("baseline_w")
ANY = params.WHICH_MAX

# What is in config.json, the reason that is reported, and which parameter or name.
BROKEN = (
    (b"", params.NOT_JSON, ANY),
    (b"  \n", params.NOT_JSON, ANY),
    (b"{", params.NOT_JSON, ANY),
    (b"}", params.NOT_JSON, ANY),
    (b"null", params.NOT_JSON, ANY),
    (b"3000", params.NOT_JSON, ANY),
    (b"[]", params.NOT_JSON, ANY),
    (b'[{"baseline_w": 1500}]', params.NOT_JSON, ANY),
    (b'"baseline_w"', params.NOT_JSON, ANY),
    (b'{"baseline_w": 1500', params.NOT_JSON, ANY),
    (b'{"baseline_w": 1500,', params.NOT_JSON, ANY),
    (b'{"baseline_w": 1500,}', params.NOT_JSON, 2),
    (b'{,"baseline_w": 1500}', params.NOT_JSON, 1),
    (b'{"baseline_w" 1500}', params.NOT_JSON, 1),
    (b"{'baseline_w': 1500}", params.NOT_JSON, 1),
    (b"{baseline_w: 1500}", params.NOT_JSON, 1),
    (b'{"": 1500}', params.NOT_JSON, 1),
    (b'{"baseline_w": 1500]', params.NOT_JSON, ANY),
    (b'{"baseline_w": 1500} x', params.NOT_JSON, ANY),
    (b'{"baseline_w": 1500}}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w":: 1500}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 1500 "modbus_unit": 7}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 1500; "modbus_unit": 7}', params.NOT_AN_INTEGER, INDEX),
    (b"\xef\xbb\xbf" + SOUND, params.NOT_JSON, ANY),
    (b"\xff\xfe{\x00}\x00", params.NOT_JSON, ANY),
    (b'{\x00"\x00b\x00"\x00:\x001\x00}', params.NOT_JSON, 1),
    (b'{"\xff\xfe": 1}', params.NOT_A_PARAMETER, 1),
    (b'{"b\\u0061seline_w": 1500}', params.NOT_A_PARAMETER, 1),
    (b'{"basline_w": 1500}', params.NOT_A_PARAMETER, 1),
    (b'{"modbus_unit": 7, "basline_w": 1500}', params.NOT_A_PARAMETER, 2),
    (b'{"BASELINE_W": 1500}', params.NOT_A_PARAMETER, 1),
    (b'{"parameters": {"baseline_w": 1500}}', params.NOT_A_PARAMETER, 1),
    (b'{"baseline_w": 1500, "baseline_w": 1500}', params.TWICE, INDEX),
    (b'{"baseline_w": 1500, "modbus_unit": 7, "baseline_w": 3000}', params.TWICE, INDEX),
    (b'{"baseline_w": {"baseline_w": 1500}}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": [1500]}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": "1500"}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 1500.0}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 15e2}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 0x10}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 01500}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": +1500}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": --1500}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": -}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 1 500}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 1_500}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": }', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": null}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": true}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": NaN}', params.NOT_AN_INTEGER, INDEX),
    (b'{"baseline_w": 99999999999999999999999}', params.OUT_OF_LIMITS, INDEX),
    (b'{"baseline_w": 9999999999}', params.OUT_OF_LIMITS, INDEX),
    (b'{"baseline_w": 50001}', params.OUT_OF_LIMITS, INDEX),
    (b'{"baseline_w": -50001}', params.OUT_OF_LIMITS, INDEX),
    (b'{"nominal_hz": 55}', params.AT_ODDS, params.index("nominal_hz")),
    (b'{"phases": 2}', params.AT_ODDS, params.index("phases")),
    (b'{"connector": 1, "evse": 1}', params.AT_ODDS, params.index("connector")),
    (b'{"sample_hz": 5000}', params.AT_ODDS, params.index("sample_hz")),
    (b'{"soc_reserve_pct_x100": 9900}', params.AT_ODDS, params.index("soc_reserve_pct_x100")),
    (b'{"evse": 1}', params.NO_PILOT, params.index("evse")),
    (b'{"baseline_w": 1500' + b" " * 9000 + b"}", params.TOO_LONG, ANY),
    (b"{" * 9000, params.TOO_LONG, ANY),
    (b"[" * 8000, params.NOT_JSON, ANY),
    (b"," * 8000, params.NOT_JSON, ANY),
    (b"{" + b"," * 8000 + b"}", params.NOT_JSON, 1),
    (b"{" + b'"' * 8000 + b"}", params.NOT_JSON, 1),
    (OSError(5), params.UNREADABLE, ANY),
    (OSError(21), params.UNREADABLE, ANY),
    (None, params.MISSING, ANY),
)


class Board:
    """Files in a dictionary; one that holds an error cannot be read, and full takes no more."""

    def __init__(self, config=None, good=None, device_id=b"gk-7"):
        self.files = {}
        for name, content in ((CONFIG, config), (GOOD, good)):
            if content is not None:
                self.files[name] = content
        self.device_id = device_id
        self.connector = None
        self.full = False
        self.refused = ""  # a parameter that this board cannot follow unless it is at its default

    def check(self, parameters):
        if self.refused and getattr(parameters, self.refused) != getattr(params.Parameters(), self.refused):
            raise ParameterError(self.refused, params.AT_ODDS << 8 | params.index(self.refused))

    def load(self, name, most):
        content = self.files.get(name)
        if isinstance(content, Exception):
            raise content
        return content if content is None else content[:most]

    def save(self, name, lines):
        if self.full:
            raise OSError(28)
        self.files[name] = "".join(lines).encode()


class FakeController:
    """Controller and link of Commands, as far as a parameter and the mode go."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.protection = Protection(parameters)
        self.protection.allow(False)
        self.results = []

    def answer(self, _command, result):
        self.results.append(result)


class CommandSetup:
    def __init__(self, board):
        self.config = Config(board)
        self.controller = FakeController(self.config.parameters)
        self.commands = Commands(self.config, self.controller, self.controller, None, None, None)

    def ask(self, message, *values):
        self.commands.carry_out(message, (1,) + values, 0)
        return self.controller.results.pop()


AUTO = ids.MODES.index("auto")


def broken(part):
    """A quarter of them: all together are too many for a run without a garbage collector."""
    for i in range(part, len(BROKEN), 4):
        content, reason, which = BROKEN[i]
        config = Config(Board(content, KEPT))
        assert config.code == reason << 8 | which, (content, config.code >> 8, config.code & 255)
        assert config.parameters.baseline_w == 1200, content
        assert config.parameters.modbus_unit == 7, content


def test_each_broken_configuration_is_reported_and_the_good_one_is_in_force():
    broken(0)


def test_each_broken_configuration_is_reported_second_quarter():
    broken(1)


def test_each_broken_configuration_is_reported_third_quarter():
    broken(2)


def test_each_broken_configuration_is_reported_fourth_quarter():
    broken(3)


def test_without_a_good_one_the_defaults_are_in_force():
    for good in (None, b"", b"{", b'{"basline_w": 1}', b'{"baseline_w": 60000}', OSError(5)):
        for content, reason, which in (BROKEN[0], BROKEN[-2]):
            config = Config(Board(content, good))
            assert config.code == reason << 8 | which, (content, good)
            assert config.parameters.values() == params.Parameters().values()


def test_a_broken_last_good_configuration_beside_a_sound_one_is_ignored():
    for i in range(0, len(BROKEN), 6):
        good = BROKEN[i][0]
        config = Config(Board(SOUND, good))
        assert config.code == 0, good
        assert config.parameters.baseline_w == 1500


def test_a_refusal_without_a_code_is_one_too():
    for good in (None, KEPT):
        config = Config(Board(ParameterError("of a check that gives none"), good))
        assert config.code == params.AT_ODDS << 8 | ANY


def test_without_a_configuration_the_defaults_apply_and_no_fault_is_raised():
    config = Config(Board())
    assert config.code == 0
    assert config.parameters.values() == params.Parameters().values()


def test_every_cut_of_a_sound_file_is_refused():
    whole = SOUND
    for end in range(len(whole)):
        try:
            params.parse(whole[:end])
        except ParameterError as error:
            assert error.code >> 8 == params.NOT_JSON, whole[:end]
        else:
            raise AssertionError(whole[:end])
    assert params.parse(whole) == {"baseline_w": 1500, "modbus_unit": 7}


def test_every_refusal_code_has_its_sentence():
    for content, reason, which in BROKEN:
        text = errors_text.config_reason(reason << 8 | which)
        assert errors_text.CONFIG_REASONS[reason] in text, content
        if reason in (params.TWICE, params.OUT_OF_LIMITS, params.AT_ODDS):
            assert text.startswith(params.NAMES[which])
    assert errors_text.config_reason(params.NOT_A_PARAMETER << 8 | 3) == (
        "name 3 in config.json is not a parameter of this firmware"
    )
    assert "77" in errors_text.config_reason(77 << 8)


def test_no_power_flows_until_the_configuration_is_mended_and_auto_is_commanded():
    setup = CommandSetup(Board(b"{", KEPT))
    assert setup.ask(message_ids.MODE, AUTO) == REFUSED
    assert not setup.controller.protection.enabled
    assert setup.ask(message_ids.PARAM_SET, INDEX, 60000) == OUT_OF_RANGE
    assert setup.config.code
    assert setup.ask(message_ids.PARAM_SET, INDEX, 900) == OK
    assert setup.config.code == 0
    assert not setup.controller.protection.enabled
    assert setup.ask(message_ids.MODE, AUTO) == OK
    assert setup.controller.protection.enabled


def test_a_parameter_command_stores_the_good_configuration_with_the_change_in_it():
    board = Board(b"{", KEPT)
    CommandSetup(board).ask(message_ids.PARAM_SET, INDEX, 900)
    again = Config(board)
    assert again.code == 0
    assert (again.parameters.baseline_w, again.parameters.modbus_unit) == (900, 7)


def test_a_parameter_that_cannot_be_stored_is_not_in_force():
    board = Board(SOUND, KEPT)
    setup = CommandSetup(board)
    board.full = True
    assert setup.ask(message_ids.PARAM_SET, INDEX, 900) == REFUSED
    assert setup.config.parameters.baseline_w == 1500
    assert board.files[CONFIG] == SOUND


def test_a_parameter_that_the_next_start_would_refuse_is_refused():
    setup = CommandSetup(Board(SOUND, KEPT))
    assert setup.ask(message_ids.PARAM_SET, params.index("evse"), 1) == REFUSED
    assert setup.config.parameters.evse == 0


def test_what_the_board_cannot_follow_is_refused_in_a_file_and_over_the_link():
    board = Board(SOUND)
    board.refused = "sample_hz"
    setup = CommandSetup(board)
    assert setup.ask(message_ids.PARAM_SET, params.index("sample_hz"), 9600) == REFUSED
    assert setup.config.parameters.sample_hz == 4800 and not setup.config.code
    board.files[CONFIG] = b'{"sample_hz": 9600}'
    config = Config(board)
    assert config.code == params.AT_ODDS << 8 | params.index("sample_hz")
    assert config.parameters.sample_hz == 4800


def test_the_good_one_is_written_once_power_was_allowed_for_a_while():
    board = Board(SOUND)
    config = Config(board)
    for now_ms, runs in ((0, False), (20000, False), (20010, True), (25000, True), (25005, False), (25020, True)):
        config.follow(runs, now_ms)
        assert GOOD not in board.files
    config.follow(True, 30019)
    assert GOOD not in board.files
    config.follow(True, 30020)
    assert Config(board).parameters.values() == params.Parameters(params.parse(board.files[GOOD])).values()
    del board.files[GOOD]
    config.follow(True, 90000)
    assert GOOD not in board.files, "written again, and nothing had changed"


def test_the_good_one_is_not_written_again_at_a_start_that_changed_nothing():
    board = Board(SOUND, SOUND)
    config = Config(board)
    config.follow(True, 0)
    config.follow(True, 20000)
    assert board.files[GOOD] == SOUND


def test_a_parameter_becomes_good_only_after_it_ran():
    board = Board(SOUND, SOUND)
    setup = CommandSetup(board)
    setup.config.follow(True, 0)
    setup.ask(message_ids.PARAM_SET, INDEX, 900)
    setup.config.follow(True, 20000)
    assert board.files[GOOD] == SOUND
    setup.config.follow(True, 30000)
    assert params.parse(board.files[GOOD])["baseline_w"] == 900


def test_a_broken_configuration_never_becomes_good():
    board = Board(b"{", KEPT)
    config = Config(board)
    for now_ms in range(0, 60000, 1000):
        config.follow(True, now_ms)
    assert board.files[GOOD] == KEPT


def test_a_good_one_that_cannot_be_written_is_tried_once():
    board = Board(SOUND)
    board.full = True
    config = Config(board)
    for now_ms in range(0, 60000, 1000):
        config.follow(True, now_ms)
    board.full = False
    config.follow(True, 90000)
    assert GOOD not in board.files


def test_the_longest_configuration_fits():
    board = Board()
    values = {}
    for name, _unit, _default, low, high in params.rows():
        values[name] = max(low, high, key=lambda value: len(str(value)))
    text = "{" + ",".join(['\n "%s": %d' % pair for pair in values.items()]) + "\n}\n"
    assert len(text) * 3 // 2 < params.CONFIG_BYTES
    try:
        params.Parameters(params.parse(text.encode()))
    except ParameterError as error:
        assert error.code >> 8 == params.AT_ODDS
    board.files[CONFIG] = text.encode()
    assert Config(board).code >> 8 == params.AT_ODDS


# --- device ids

IDS = (
    # given, whether it is one
    (b"gk-7", True),
    (b"a", True),
    (b"A.b_c-9", True),
    (b".", True),
    (b"-", True),
    (b"x" * 24, True),
    (b"", False),
    (b"x" * 25, False),
    (b"x" * 26, False),
    (b"x" * 32, False),
    (b"gk 7", False),
    (b" gk-7", False),
    (b"gk-7\n", False),
    (b"gk/7", False),
    (b"gk+7", False),
    (b"#", False),
    (b"+", False),
    (b"$SYS", False),
    (b"gk%7", False),
    (b"gk*7", False),
    (b"gk:7", False),
    (b'"gk"', False),
    (b"gk\x007", False),
    (b"gk\x7f", False),
    (b"\xc3\xa9", False),
    (b"\xff" * 10, False),
)


def is_one(given):
    return ids.device_id(given) == given


def test_which_device_ids_are_accepted():
    for given, good in IDS:
        assert is_one(given) == good, given
    for length in range(41):
        assert is_one(b"g" * length) == (1 <= length <= ids.DEVICE_ID_MAX), length
    allowed = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
    for byte in range(256):
        assert is_one(bytes([byte])) == (byte in allowed), byte


def test_a_bad_device_id_is_reported_and_stops_nothing():
    seen = set()
    for given, good in IDS:
        config = Config(Board(SOUND, SOUND, given))
        assert is_one(config.device_id), given
        assert ids.device_id(given) == config.device_id, "another one at another start"
        assert config.code == (0 if good else params.DEVICE_ID << 8 | ANY), given
        seen.add(config.device_id)
    assert len(seen) == len(IDS), "two that differ must stay two"


def test_a_parameter_does_not_mend_a_device_id():
    setup = CommandSetup(Board(SOUND, SOUND, b"gk 7"))
    assert setup.ask(message_ids.PARAM_SET, INDEX, 900) == OK
    assert setup.config.code >> 8 == params.DEVICE_ID
    assert setup.ask(message_ids.MODE, AUTO) == REFUSED


def test_a_parameter_does_not_mend_a_device_id_beside_a_broken_configuration():
    setup = CommandSetup(Board(b"{", KEPT, b"gk 7"))
    assert setup.ask(message_ids.PARAM_SET, INDEX, 900) == OK
    assert setup.config.code >> 8 == params.DEVICE_ID
    assert setup.ask(message_ids.MODE, AUTO) == REFUSED


def test_config_invalid_is_the_foremost_fault():
    assert errors.FAULTS[0] == errors.CONFIG_INVALID
