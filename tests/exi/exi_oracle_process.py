"""EXIficient behind a pipe: run with the peer's interpreter, which has py4j.  A request a line, JSON; so the answers.

    {"schema": path, "fragment": bool, "encode": [xml, ...]}     ->  {"done": [hex, ...]}
    {"schema": path, "fragment": bool, "decode": [hex, ...]}     ->  {"done": [xml, ...]}

What EXIficient refuses is null.  Options as ISO 15118 has them: no value strings kept, no built-in grammars learnt.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JJavaError

# Java's second compiler costs such a short life more than it gives back.
_SHORT_LIVED = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


class Exificient:
    """One grammar, as a document's or a fragment's."""

    def __init__(self, jvm: Any, path: str, *, fragment: bool) -> None:
        self.jvm = jvm
        grammars = jvm.com.siemens.ct.exi.grammars.GrammarFactory.newInstance().createGrammars(path)
        factory = jvm.com.siemens.ct.exi.core.helpers.DefaultEXIFactory.newInstance()
        factory.setGrammars(grammars)
        factory.setFragment(fragment)
        factory.setValueMaxLength(0)
        factory.setValuePartitionCapacity(0)
        factory.setMaximumNumberOfBuiltInElementGrammars(0)
        factory.setMaximumNumberOfBuiltInProductions(0)
        self.out = jvm.java.io.ByteArrayOutputStream()
        self.result = jvm.com.siemens.ct.exi.main.api.sax.EXIResult(factory)
        parsers = jvm.javax.xml.parsers.SAXParserFactory.newInstance()
        parsers.setNamespaceAware(True)
        self.reader = parsers.newSAXParser().getXMLReader()
        self.source = jvm.com.siemens.ct.exi.main.api.sax.EXISource(factory)
        self.transformer = jvm.javax.xml.transform.TransformerFactory.newInstance().newTransformer()
        self.transformer.setOutputProperty("omit-xml-declaration", "yes")

    def encode(self, xml: str) -> str | None:
        self.out.reset()
        self.result.setOutputStream(self.out)
        self.reader.setContentHandler(self.result.getHandler())
        try:
            self.reader.parse(self.jvm.org.xml.sax.InputSource(self.jvm.java.io.StringReader(xml)))
        except Py4JJavaError:
            return None
        return bytes(self.out.toByteArray()).hex()

    def decode(self, body: str) -> str | None:
        stream = self.jvm.java.io.ByteArrayInputStream(bytearray.fromhex(body))
        self.source.setInputSource(self.jvm.org.xml.sax.InputSource(stream))
        writer = self.jvm.java.io.StringWriter()
        try:
            self.transformer.transform(self.source, self.jvm.javax.xml.transform.stream.StreamResult(writer))
        except Py4JJavaError:
            return None
        return str(writer.toString())


def main(jar: str) -> None:
    gateway = JavaGateway.launch_gateway(classpath=jar, javaopts=_SHORT_LIVED, die_on_exit=True)
    known: dict[tuple[str, bool], Exificient] = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["schema"], request["fragment"])
        if key not in known:
            known[key] = Exificient(gateway.jvm, key[0], fragment=key[1])
        if "encode" in request:
            done = [known[key].encode(xml) for xml in request["encode"]]
        else:
            done = [known[key].decode(body) for body in request["decode"]]
        print(json.dumps({"done": done}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
