"""EXI as ISO 15118, DIN 70121 and their signatures use it: schema-informed, bit-packed, non-strict, nothing preserved.

A value is a dict for a complex type, {local name: value}, attributes among them; an element that may come more than
once is a list; text beside attributes has the key "".  Simple values are int, bool, str (enumerations too) and bytes.
Source: W3C EXI 1.0 (Second Edition), ISO 15118-2:2014 7.9.1.  Method, table format and limits: docs/exi.md.
"""

from gridkeel.v2g.exi.codec import decode, decode_fragment, decode_steps, encode, encode_fragment, encode_steps
from gridkeel.v2g.exi.schema import Schema

__all__ = ("Schema", "decode", "decode_fragment", "decode_steps", "encode", "encode_fragment", "encode_steps")
