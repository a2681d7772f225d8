"""An estimate of the mains that is set by hand."""


class MainsEstimate:
    """What the grid services read of an estimator: nominal until a test sets it."""

    def __init__(self, mhz=None, nominal_hz=50):
        self.nominal_uhz = nominal_hz * 1000000
        self.quality = 0
        self.rocof_mhz_s = 0
        self.volts(100)
        self.at(nominal_hz * 1000 if mhz is None else mhz)

    def at(self, mhz, short_mhz=None):
        """Put the long window at mhz and the short one at short_mhz, or both at mhz."""
        self.freq_uhz = mhz * 1000
        self.freq_short_uhz = (mhz if short_mhz is None else short_mhz) * 1000

    def volts(self, pct):
        """Put both voltages at so much of 230 V."""
        self.voltage_mv = self.cycle_mv = 230 * 10 * pct
