"""A second connection while a session runs, heard up to SessionSetupReq: whether it is the served EV's own.  Sans-IO.

An EV whose link was lost without a word comes again over a new connection, while the old one still counts. What it says
of itself decides (Secc.same); until then it is answered supportedAppProtocolRes alone.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.errors import ExiError
from gridkeel.v2g import exi, grammars, sap, v2gtp

if TYPE_CHECKING:
    from collections.abc import Generator

_RECEIVE_BYTES = 512  # several protocols offered, or one SessionSetupReq
_ANSWER_BYTES = 32
_SETUP = "SessionSetupReq"


class Claim:
    """evcc_id, None until the EV has told it, and session_id; receiver: then holds its SessionSetupReq.

    out[:end]: the answer to be sent after `steps`, none where end is 0.
    """

    def __init__(self) -> None:
        self.receiver = v2gtp.Receiver(_RECEIVE_BYTES)
        self.out = bytearray(_ANSWER_BYTES)
        self.end = 0
        self.evcc_id: "bytes | None" = None
        self.session_id = b""
        self.agreed = False

    def steps(self) -> "Generator[None, None, None]":
        """Generator: read what is whole.  Errors: ExiError where that is not the begin of a session."""
        receiver = self.receiver
        self.end = 0
        while self.evcc_id is None:
            found = receiver.state()
            if found == v2gtp.INCOMPLETE:
                return
            if found != v2gtp.COMPLETE:
                raise ExiError("not a frame")
            schema = grammars.iso2() if self.agreed else grammars.sap()
            name, value = yield from exi.decode_steps(schema, receiver.buffer, v2gtp.HEADER_BYTES, receiver.end)
            if not isinstance(value, dict):  # an element of simple type is a document too
                raise ExiError("the root is %s" % name)
            if self.agreed:
                body = value.get("Body")
                if not body or _SETUP not in body:
                    raise ExiError("no SessionSetupReq")
                self.session_id = value["Header"]["SessionID"]
                self.evcc_id = body[_SETUP]["EVCCID"]
                return
            answer = sap.answer(value) if name == sap.REQUEST else {"ResponseCode": sap.FAILED}
            if answer["ResponseCode"] == sap.FAILED:
                raise ExiError("no protocol in common")
            self.end = exi.encode(grammars.sap(), sap.RESPONSE, answer, self.out, v2gtp.HEADER_BYTES)
            v2gtp.header(self.out, v2gtp.EXI, self.end - v2gtp.HEADER_BYTES)
            receiver.drop()
            self.agreed = True
