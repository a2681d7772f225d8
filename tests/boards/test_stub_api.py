"""What the contract holds calls against is what MicroPython's stubs say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import stub_api
from chip_model import Pin
from contract import ContractError, Signatures

STUBS = os.environ.get("GRIDKEEL_CHIP_STUBS")


@pytest.mark.parametrize("port", sorted(stub_api.WANTED))
def test_the_committed_signatures_are_the_stubs(port: str) -> None:
    if not STUBS:
        pytest.skip("GRIDKEEL_CHIP_STUBS names no folder with the stubs of rp2, esp32 and stm32 (see stub_api.py)")
    assert stub_api.read(port, Path(STUBS)) == stub_api.committed(port)


@pytest.mark.parametrize(
    ("where", "args", "kwargs", "said"),
    [
        (("machine", "Timer", "init"), (), {}, "does not exist"),
        (("machine", "WDT", "stop"), (), {}, "has no method stop"),
        (("machine", "WDT", "__init__"), (0, 2000), {}, "takes 0 arguments by place"),
        (("machine", "WDT", "__init__"), (), {"timeout": "2000"}, "is no int"),
        (("machine", "UART", "__init__"), (), {"baudrate": 9600, "speed": 1}, "takes no argument speed"),
        (("machine", "PWM", "duty_u16"), (1, 2), {}, "arguments by place"),
        (("machine", "ADC", "__init__"), (), {}, "lacks id"),
        (("rp2", "DMA", "config"), (), {"count": "many"}, "is no int"),
    ],
)
def test_a_call_that_no_signature_takes_is_refused(where: tuple, args: tuple, kwargs: dict, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        Signatures("rp2").check(where, args, kwargs, Pin)
