"""Energy transfer modes and payment options, as parameters hold them."""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g.iso2.context import Context

if TYPE_CHECKING:
    from gridkeel.evse.charger import Charger
    from gridkeel.params import Parameters

AC_SINGLE = "AC_single_phase_core"
AC_THREE = "AC_three_phase_core"

# bit of parameter iso15118_energy_modes = position here
ENERGY_MODES = (AC_SINGLE, AC_THREE, "DC_core", "DC_extended", "DC_combo_core", "DC_unique")

# what a connector may offer, and what it offers where no bit is set; DC_extended is CCS with its own DC pins
_DC = ENERGY_MODES[2:], ("DC_extended",)
_AC_THREE = (AC_THREE, AC_SINGLE), (AC_THREE, AC_SINGLE)
_AC_ONE = (AC_SINGLE,), (AC_SINGLE,)

EXTERNAL = "ExternalPayment"
CONTRACT = "Contract"

# bits of parameter iso15118_payment
EXTERNAL_BIT = 1
CONTRACT_BIT = 2


def offered(parameters: "Parameters", charger: "Charger") -> "list[str]":
    """Return the modes whose bits are set and that suit the connector; its usual ones where that is none."""
    able, usual = _DC if charger.dc else _AC_THREE if charger.three_phase else _AC_ONE
    bits = parameters.iso15118_energy_modes
    chosen = [name for k, name in enumerate(ENERGY_MODES) if bits & 1 << k and name in able]
    return chosen or list(usual)


def is_dc(mode: str) -> bool:
    """Return whether a mode is one for DC."""
    return mode.startswith("DC")


def payments(context: Context) -> "list[str]":
    """Return the payment options this session may choose from: Contract needs TLS and a trust anchor."""
    if context.joined:
        return [context.joined.payment]
    bits = context.parameters.iso15118_payment
    options = []
    if bits & CONTRACT_BIT and context.secured and context.credentials.anchors():
        options.append(CONTRACT)
    if bits & EXTERNAL_BIT:
        options.append(EXTERNAL)
    return options


def energy_modes(context: Context) -> "list[str]":
    """Return the energy transfer modes this session may choose from."""
    return [context.joined.energy_mode] if context.joined else offered(context.parameters, context.charger)
