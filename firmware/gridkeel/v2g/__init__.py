"""ISO 15118-2, the charger's side (SECC): discovery, framing, EXI, session.

Pure code: bytes and a clock come in, bytes and events go out.  See docs/iso15118.md.
"""
