"""Builder of the firmware image: constants folded, parameters numbered, compiled and packed as a ROMFS."""
