"""Statuses of an update, those of OCPP; numbers go into records and are never changed."""

IDLE = 0
DOWNLOADING = 1
SIGNATURE_VERIFIED = 2
DOWNLOAD_PAUSED = 3
DOWNLOADED = 4
INSTALL_SCHEDULED = 5
INSTALL_REBOOTING = 6
INSTALLED = 7
INVALID_SIGNATURE = 8
DOWNLOAD_FAILED = 9
INSTALLATION_FAILED = 10
INSTALL_VERIFICATION_FAILED = 11

NAMES = (
    "idle",
    "downloading",
    "signature_verified",
    "download_paused",
    "downloaded",
    "install_scheduled",
    "install_rebooting",
    "installed",
    "invalid_signature",
    "download_failed",
    "installation_failed",
    "install_verification_failed",
)
