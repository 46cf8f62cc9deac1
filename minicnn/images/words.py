"""Other people's error messages, made fit to stand in ours."""

from __future__ import annotations


def one_line(error: Exception) -> str:
    """Return what an error says in one printable line, or its name if it says nothing.

    Examples
    --------
    >>> one_line(OSError("bad\\x00 header\\n"))
    'bad header'
    >>> one_line(EOFError())
    'EOFError'
    """
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    return " ".join(text.split()) or type(error).__name__
