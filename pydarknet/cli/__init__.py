"""The command line: ``pydarknet``, or ``python -m pydarknet``.

Each command is a module here with a ``run(words) -> exit code``; it is imported when it is called.
Results go to stdout, everything else to stderr. The exit code is 0 if all went well, 1 after an
error, 2 where the command itself is wrong, 130 after Ctrl-C, 143 after SIGTERM.
"""

from .program import main

__all__ = ["main"]
