"""The MicroPython interpreter that stands for a board: where it is, how it is started, its heap and its ROM."""
