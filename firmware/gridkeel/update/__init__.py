"""Update of the firmware over the host link: manifest, delta, keys, download; the slots are written last."""
