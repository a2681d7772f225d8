"""Schemas by the name of their table, each loaded where it is first asked for."""

from gridkeel.v2g import exi


def schema(name):
    module = "gridkeel.v2g.exi.tables." + name
    return exi.Schema(__import__(module, None, None, ("TABLE",)).TABLE)
