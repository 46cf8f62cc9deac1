"""The command line: a command parses, calls the public API and saves, nothing else.

``main`` is the program. Each command is a module of its own, listed in `parser.COMMANDS`. What
went right or wrong is the exit code:

=====  =========================================================================================
0      all was done
1      a file, or what is in it, did not allow it; in a batch, for at least one of the pictures
2      the call is wrong, whatever the files are
130    interrupted
=====  =========================================================================================
"""

from minicnn.cli.parser import main

__all__ = ["main"]
