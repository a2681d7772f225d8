"""Commands that write a JSON document."""

from pathlib import Path


def documents(pki: Path, out: Path) -> dict[str, tuple[str, ...]]:
    """Every command with --json that needs neither root nor a broker, as short as it can be."""
    wave = ("--out", str(out))
    return {
        "params": ("params",),
        "pki show": ("pki", "show", str(pki)),
        "handshake-model": ("handshake-model",),
        "bench": ("bench", "step", *wave),
        "bench estimator": ("bench", "estimator", "--quick", *wave),
        "typetest": ("typetest", "--only", "trip-over-frequency", *wave),
        "study fleet": ("study", "fleet", "--chargers", "10", "--seconds", "5", "--part", "loss", *wave),
        "board ports": ("board", "ports"),
        "firmware boards": ("firmware", "boards"),
        "board run": ("board", "run", "--seconds", "0.2"),
        "plant inverter": ("plant", "inverter", "--tcp", "127.0.0.1:0", "--seconds", "0.1"),
        "send": ("send", "gk-1", "setpoint", "--power-w", "999999", "--lifetime-s", "5"),
    }
