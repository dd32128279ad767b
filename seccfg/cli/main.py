"""
The entry point, and the one place that ends the process: with a code of `exits`, and never with a traceback.

`seccfg lint PATHS` without options, what editors and hooks run on every save, is answered without the option parser:
importing click costs three interpreter starts, as much as everything else that a lint of a hundred routes does.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NoReturn

from seccfg.cli import exits
from seccfg.cli.console import Console
from seccfg.findings import SeccfgError, SourceError

__all__ = ["run"]


def run() -> NoReturn:
    """Run the command of `sys.argv`."""
    sys.excepthook = _report_bug
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files are bytes, and need not be UTF-8
    arguments = sys.argv[1:]
    plain_lint = arguments[:1] == ["lint"] and not any(argument.startswith("-") for argument in arguments[1:])
    if plain_lint:
        gc.disable()  # little of what a lint makes is garbage before it ends
    code = _code_of(_lint if plain_lint else _any_command, arguments)
    gc.freeze()  # what is left need not be walked once more
    sys.exit(code)


def _lint(arguments: Sequence[str]) -> int:
    from seccfg.cli.linting import lint

    return lint(arguments[1:])


def _any_command(arguments: Sequence[str]) -> int:
    from seccfg.cli.commands import call

    return call(arguments)


def _code_of(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """What *command* returns; every error a user can cause becomes a line on standard error and its code."""
    try:
        return command(arguments)
    except KeyboardInterrupt:
        Console("never").err("interrupted\n")
        return exits.INTERRUPTED
    except SourceError as error:
        Console("never").err("".join(f"{finding}\n" for finding in error.findings))
        return error.exit_code
    except SeccfgError as error:
        Console("never").err(f"error: {error}\n")
        return error.exit_code
    except OSError as error:
        if error.errno is None:  # no refusal of the system, but a library's own kind of error: our bug
            raise
        Console("never").err(f"error: {(error.strerror or 'the system refused').lower()}\n")
        return exits.INVALID


def _report_bug(kind: type[BaseException], _: BaseException, where: TracebackType | None) -> None:
    """Set as the interpreter's last resort: what arrives here no one foresaw."""
    if issubclass(kind, KeyboardInterrupt):
        raise SystemExit(exits.INTERRUPTED)
    from seccfg import __version__
    from seccfg.source.files import show

    place = ""
    while where is not None:
        code = where.tb_frame.f_code
        own = code.co_filename.replace("\\", "/").rpartition("/seccfg")[2]
        if own != code.co_filename:  # the innermost line of ours, whatever library it called
            place = f"seccfg{own}:{where.tb_lineno} in {code.co_name}"
        where = where.tb_next
    what = f"{kind.__name__} at {show(place)}" if place else kind.__name__
    Console("never").err(
        f"error: this is a bug in seccfg {__version__}, not in your spec: {what}\n"
        "please report it to the project, with the command, this line and, if you may share it, the spec\n"
    )
    raise SystemExit(exits.BUG)
