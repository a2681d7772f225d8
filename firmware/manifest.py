"""Manifest of what `make firmware` freezes or compiles: the package, and the files that start it."""
# ruff: noqa: F821

package("gridkeel", base_path=".")
module("boot.py", base_path=".")
module("main.py", base_path=".")
module("selector.py", base_path="gridkeel/update")
module("area.py", base_path="gridkeel/boards")
