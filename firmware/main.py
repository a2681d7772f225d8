"""Runs after boot.py: starts the controller on whatever board this is."""

from gridkeel.boards import this_board
from gridkeel.runtime.app import main

main(this_board())
