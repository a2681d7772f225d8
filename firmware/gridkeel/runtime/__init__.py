"""The only code that waits: tasks, supervisor, watchdog. The same on a board, on the virtual board, in lock step."""
