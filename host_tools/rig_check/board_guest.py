"""Device-side script of `gridkeel rig check`: defines one function a step; each prints rows of JSON.

It uses the board through its own board file, as the firmware does, so what is judged is what will run.
"""

import asyncio
import gc
import json
import os
import sys
import time
from array import array

board = None
table = None
parameters = None
TRIAL = "rig_check.tmp"


def _row(**row):
    print(json.dumps(row))


def hold():
    """Say whether a watchdog that the firmware may have left running is fed (hold_guest.py)."""
    _row(held=bool(held))


def identify():
    import gridkeel

    machine_name = os.uname().machine if hasattr(os, "uname") else sys.platform
    _row(
        platform=sys.platform,
        machine=machine_name,
        interpreter=".".join([str(part) for part in sys.implementation.version[:3]]),
        firmware=gridkeel.VERSION,
        commit=gridkeel.COMMIT,
        built_for=getattr(gridkeel, "BOARD", ""),
    )


def start():
    global board, table, parameters
    from gridkeel.boards import this_board
    from gridkeel.runtime.config import Config

    board = this_board()
    board.energise(False)
    config = Config(board)
    parameters = config.parameters
    board.begin(parameters)
    table = getattr(board, "table", None)
    gc.collect()
    _row(
        table=table.NAME if table else "",
        device_id=config.device_id.decode(),
        heap_free=gc.mem_free(),
        code=config.code,
        pilot=board.connector is not None,
    )


def _level(pin):
    from machine import Pin

    return Pin(pin).value()


def safe():
    board.energise(False)
    _row(contactor=_level(table.CONTACTOR) if table else -1)


def inputs():
    from machine import Pin

    _row(**{name: Pin(getattr(table, name), Pin.IN, Pin.PULL_UP).value() for name in ("FEEDBACK", "RCD", "SERVICE")})


async def _levels(duty, levels):
    from gridkeel.evse import ports

    orders = array("i", [0] * ports.ORDERS)
    orders[0] = duty
    block = board.block_buffer(parameters.sample_hz * parameters.block_ms // 1000)
    board.connector.write(orders)
    for _ in range(20):
        await board.mains.next_block(block)
    board.connector.read(levels)


def pilot(duty):
    levels = array("i", [0] * 7)
    asyncio.run(_levels(duty, levels))
    _row(high_mv=levels[0], low_mv=levels[1])


def pilot_off():
    from gridkeel.evse import ports

    orders = array("i", [0] * ports.ORDERS)
    orders[0] = -1
    board.connector.write(orders)
    _row(off=True)


def contactor():
    levels = array("i", [0] * 7)
    seen = []
    for on in (True, False):
        board.energise(on)
        time.sleep_ms(250)
        board.connector.read(levels)
        seen.append(levels[2])
    _row(closed=seen[0], opened=seen[1])


async def _clock(seconds):
    count = parameters.sample_hz * parameters.block_ms // 1000
    block = board.block_buffer(count)
    lost = 0
    least, most = 32767, -32768
    blocks = seconds * 1000 // parameters.block_ms
    for _ in range(20):
        await asyncio.wait_for(board.mains.next_block(block), 3)
    print("<")
    begin = time.ticks_us()
    for _ in range(blocks):
        lost += await board.mains.next_block(block)
        least = min(least, min(block))
        most = max(most, max(block))
    took = time.ticks_diff(time.ticks_us(), begin)
    print(">")
    _row(
        samples=(blocks + lost) * count,
        lost=lost,
        least=least,
        most=most,
        device_us=took,
        sample_hz=parameters.sample_hz,
    )


def clock(seconds):
    try:
        asyncio.run(_clock(seconds))
    except asyncio.TimeoutError:
        _row(samples=0)


async def _line(data, wait_ms):
    got = bytearray()
    room = bytearray(64)
    if data:
        board.rs485.write(data, len(data))
    try:
        while True:
            n = await asyncio.wait_for_ms(board.rs485.readinto(room), wait_ms)
            got += room[:n]
            wait_ms = 100
    except asyncio.TimeoutError:
        pass
    _row(got=[octet for octet in got])


def line(data, wait_ms):
    asyncio.run(_line(data, wait_ms))


def flash(size):
    import binascii
    import hashlib

    data = bytes([(7 * i + (i >> 8)) & 255 for i in range(256)]) * (size // 256)
    for name in (TRIAL, TRIAL + ".new"):
        with open(name, "wb") as file:
            file.write(data if name.endswith("new") else b"old")
    begin = time.ticks_ms()
    replaced = True
    try:
        os.rename(TRIAL + ".new", TRIAL)
    except OSError:
        replaced = False
    with open(TRIAL, "rb") as file:
        digest = binascii.hexlify(hashlib.sha256(file.read()).digest())
    wanted = binascii.hexlify(hashlib.sha256(data).digest())
    _clean()
    free = -1
    if hasattr(os, "statvfs"):
        state = os.statvfs(".")
        free = state[0] * state[3]
    _row(same=digest == wanted, replaced=replaced, free=free, took_ms=time.ticks_diff(time.ticks_ms(), begin))


def _clean():
    for name in (TRIAL, TRIAL + ".new"):
        try:
            os.remove(name)
        except OSError:
            pass


def starve(timeout_ms):
    """Start the watchdog and hang; the chip comes back by it."""
    import machine

    for timer in held:
        timer.deinit()
    if board is not None:
        board.energise(False)
    machine.WDT(timeout=timeout_ms)
    print("starving")
    while True:
        pass


def cause():
    import machine

    _row(cause=machine.reset_cause(), watchdog=getattr(machine, "WDT_RESET", -1))


def end():
    if board is not None:
        board.energise(False)
        if board.connector is not None:
            pilot_off()
    for timer in held:
        timer.deinit()
    _row(safe=True)
