"""BLAST-Lite on a profile, in the peer's own environment: prints its losses and its processor time as JSON.

Run by bench_twin_ageing.py: python blast_peer.py PROFILE.npz YEARS CHEMISTRY...
What BLAST-Lite imports for weather files and plots is not installed and not called; its models and its rainflow are.
"""

import json
import sys
import time
import types

import numpy as np

_UNUSED = ("pandas", "h5pyd", "geopy", "geopy.geocoders", "matplotlib", "matplotlib.pyplot")
for _name in (*_UNUSED, "scipy", "scipy.spatial", "scipy.stats"):
    sys.modules[_name] = types.ModuleType(_name)
    sys.modules[_name].__path__ = []
sys.modules["pandas"].DataFrame = type("DataFrame", (), {})
sys.modules["geopy.geocoders"].Nominatim = None
sys.modules["scipy.spatial"].cKDTree = None
sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]
sys.modules["scipy"].stats = sys.modules["scipy.stats"]

from blast import models  # noqa: E402

CELLS = {
    "nca": models.Nca_Gr_Panasonic3Ah_Battery,
    "lmo": models.Lmo_Gr_NissanLeaf66Ah_2ndLife_Battery,
    "lfp": models.Lfp_Gr_250AhPrismatic,
    "nmc": models.Nmc111_Gr_Kokam75Ah_Battery,
}


def main() -> None:
    profile, years, chemistries = np.load(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    series = {"Time_s": profile["time_s"], "SOC": profile["soc"], "Temperature_C": profile["temperature_c"]}
    found = {}
    for name in chemistries:
        cell = CELLS[name]()
        began = time.process_time()
        cell.simulate_battery_life(series, threshold_time=years, is_conserve_energy_throughput=False)
        found[name] = {"loss": 1.0 - float(cell.outputs["q"][-1]), "seconds": time.process_time() - began}
    print(json.dumps(found))


main()
