"""The program: which commands there are, reading a call, and what became of it."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

import minicnn
from minicnn.cli import (
    animate,
    compare,
    doctor,
    explain,
    field,
    find_kernel,
    firstrun,
    kernels,
    maps,
    predict,
    sources,
    summary,
    train,
    why,
    xray,
)
from minicnn.cli.console import WrongCall, one_line, say, settle
from minicnn.errors import MiniCNNError


class Command(Protocol):
    """What the module of a command has; a new command is one such module, listed in `COMMANDS`."""

    NAME: str
    HELP: str
    EXAMPLES: tuple[str, str]

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Say what can be written behind the command."""

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Do it, and return the exit code."""


COMMANDS: tuple[Any, ...] = (
    maps,
    kernels,
    summary,
    explain,
    doctor,
    compare,
    xray,
    find_kernel,
    animate,
    field,
    train,
    predict,
    why,
)

_EXAMPLES = ("maps photo.jpg -o edges.png", "kernels sobel -o sobel.png")
_VALUE_OPTIONS = ("--kernels", "-k", "--scale", "--padding", "--at")


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, on one line, and leave with exit code 2."""
        say(f"{self.prog}: {' '.join(message.split())} (see {self.prog} --help)", error=True)
        raise SystemExit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    argv : sequence of str, optional
        What stands behind the program's name; by default `sys.argv`.

    Returns
    -------
    int
        The exit code; see `minicnn.cli`. Nothing is raised for a wrong call or a bad file.

    Examples
    --------
    >>> main(["--version"])
    minicnn 0.1.0
    0
    """
    program = program_name()
    try:
        code = _run(program, list(sys.argv[1:] if argv is None else argv))
    except SystemExit as stop:  # argparse: 0 after --help, 2 after a wrong call
        code = stop.code if isinstance(stop.code, int) else 1
    except WrongCall as error:
        say(f"{program}: {error}", error=True)
        code = 2
    except BrokenPipeError:  # who read our output has gone: nobody is left to be told
        code = 1
    except (MiniCNNError, OSError, MemoryError) as error:
        say(f"{program}: {one_line(error)}", error=True)
        code = 1
    except KeyboardInterrupt:
        say(f"{program}: interrupted", error=True)
        code = 130
    return settle(code)


def program_name() -> str:
    """Return how this program was called: "minicnn", or "python -m minicnn"."""
    started_as = sys.argv[0].replace("\\", "/") if sys.argv else ""
    return "python -m minicnn" if started_as.endswith("/minicnn/__main__.py") else "minicnn"


def _run(program: str, argv: list[str]) -> int:
    if not argv:
        return firstrun.run(program)
    parser, commands = build_parsers(program)
    if argv[0] not in commands:
        if sources.looks_like_picture(argv[0]):
            raise WrongCall(f"{argv[0]!r} is no command; did you mean: {program} maps ...?")
        if argv[0].startswith("-"):
            parser.parse_args(argv[:1])  # --help and --version leave here, as does a wrong option
        raise WrongCall(f"{argv[0]!r} is no command{_like(program, argv[0])}")
    command, reader = commands[argv[0]]
    rest = _protected(argv[1:])
    # Options may stand between pictures, except where "--" says that names begin with a minus.
    read = reader.parse_args if "--" in rest else reader.parse_intermixed_args
    return int(command.run(read(rest)))


def _like(program: str, typed: str) -> str:
    """Return which command a slip of the keyboard may have meant; if none is like it, all."""
    names = [command.NAME for command in COMMANDS]
    close = difflib.get_close_matches(typed, names, n=1)
    if close:
        return f"; did you mean: {program} {close[0]} ...?"
    return f": they are {', '.join(names)} (see {program} --help)"


def build_parsers(program: str) -> tuple[Parser, dict[str, tuple[Any, Parser]]]:
    """Return the program's own parser, and each command with the parser of what follows it."""
    parser = _parser(
        program,
        "Pictures in, feature maps out: convolve, look, understand every number. "
        "Without a command: the edges of a photograph, into minicnn-maps.png.",
        _EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"minicnn {minicnn.__version__}")
    listed = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_SubParser)
    commands = {}
    for command in COMMANDS:
        examples = tuple(f"{command.NAME} {example}" for example in command.EXAMPLES)
        listed.add_parser(command.NAME, help=command.HELP)
        own = _parser(program, f"{command.HELP}.", examples, command.NAME)
        command.add_arguments(own)
        commands[command.NAME] = command, own
    return parser, commands


class _SubParser(Parser):
    """Only there to be listed: `_run` hands the arguments to the command's own parser."""


def _parser(program: str, about: str, examples: Sequence[str], command: str = "") -> Parser:
    lines = "".join(f"\n  {program} {example}" for example in examples)
    return Parser(
        prog=f"{program} {command}".rstrip(),
        description=about,
        epilog=f"examples:{lines}",
        formatter_class=_Help,
        allow_abbrev=False,
    )


class _Help(argparse.RawDescriptionHelpFormatter):
    """Keeps the examples' lines as they are, and wraps everything else."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("examples:"):
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


def _protected(argv: list[str]) -> list[str]:
    """Tie a value that starts with a minus to its option: "-k", "-1,0,1" to "-k-1,0,1".

    Examples
    --------
    >>> _protected(["--scale", "-1,1", "--kernels", "-1 0 1", "-o", "-"])
    ['--scale=-1,1', '--kernels=-1 0 1', '-o', '-']
    """
    tied: list[str] = []
    for text in argv:
        ties = tied and tied[-1] in _VALUE_OPTIONS and re.match(r"-[0-9.]", text)
        if ties or (tied and tied[-1] == "--what-if"):
            joint = "=" if tied[-1].startswith("--") else ""
            tied[-1] += joint + text
        else:
            tied.append(text)
    return tied
