"""The generated tables: their size, and what the generator refuses rather than packs wrongly."""

from __future__ import annotations

import importlib

import pytest
import xmlschema

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from host_tools.generate.exi import sources
from host_tools.generate.exi.grammar import Builder
from host_tools.generate.exi.model import UnsupportedSchemaError
from host_tools.generate.exi.pack import pack

_HEAD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:x" targetNamespace="urn:x">'


def table(name: str) -> bytes:
    return importlib.import_module(f"gridkeel.v2g.exi.tables.{name}").TABLE


def test_iso_15118_2_with_ac_dc_and_pnc_fits_10_kb() -> None:
    assert len(table("iso2")) <= 10_000
    assert sum(len(table(name)) for name in ("iso2", "xmldsig", "sap")) <= 10_000


def packed(body: str) -> exi.Schema:
    return exi.Schema(pack(Builder(xmlschema.XMLSchema10(f"{_HEAD}{body}</xs:schema>")).build()).data)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('<xs:element name="a" type="xs:date"/>', "date"),
        ('<xs:element name="a" type="xs:decimal"/>', "decimal"),
        ('<xs:element name="a" type="xs:float"/>', "float"),
        ('<xs:element name="a" type="xs:int" nillable="true"/>', "nillable"),
        ('<xs:element name="a" type="xs:int" default="1"/>', "default"),
        (
            '<xs:element name="a"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="[ab]*"/>'
            "</xs:restriction></xs:simpleType></xs:element>",
            "pattern",
        ),
        (
            '<xs:element name="a"><xs:simpleType><xs:restriction base="xs:int"><xs:enumeration value="1"/>'
            "</xs:restriction></xs:simpleType></xs:element>",
            "enumeration",
        ),
        (
            '<xs:element name="a"><xs:complexType><xs:sequence><xs:element name="b" type="xs:int" minOccurs="2"'
            ' maxOccurs="3"/></xs:sequence></xs:complexType></xs:element>',
            "minOccurs",
        ),
        (
            '<xs:element name="a"><xs:complexType><xs:all><xs:element name="b" type="xs:int"/></xs:all>'
            "</xs:complexType></xs:element>",
            "group",
        ),
        ('<xs:element name="a"><xs:complexType><xs:anyAttribute/></xs:complexType></xs:element>', "wildcard"),
    ],
)
def test_what_the_format_does_not_have_is_refused(body: str, word: str) -> None:
    with pytest.raises(UnsupportedSchemaError, match=word):
        packed(body)


def test_every_schema_is_there() -> None:
    for name in sources.MAIN:
        assert exi.Schema(table(name)).elements > 0


def test_another_format_is_refused() -> None:
    with pytest.raises(ExiError, match="no schema table"):
        exi.Schema(b"EX\x02" + bytes(20))
