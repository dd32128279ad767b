"""Where text goes: standard output for results, standard error for errors and progress; colours and pipes."""

from __future__ import annotations

import os
import sys
import time
from typing import Final, Literal, TextIO

from seccfg.findings import InputError

__all__ = ["ColorChoice", "Console", "Style"]

ColorChoice = Literal["auto", "always", "never"]
_CODES: Final = {"error": "1;31", "warning": "1;33", "note": "1;36", "strong": "1", "dim": "2", "good": "32"}
DEFAULT_WIDTH: Final = 80


class Style:
    """Colours text, or leaves it as it is."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, role: str, text: str) -> str:
        return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if self.on and text else text


class Console:
    """The terminal or pipe of one run."""

    __slots__ = ("_began", "_status", "style", "width")

    def __init__(self, color: ColorChoice = "auto") -> None:
        self.style = Style(_colored(color))
        self.width = _width()
        self._status = False
        self._began = time.monotonic()

    def elapsed(self) -> str:
        """How long the run has taken, for people who wait; empty into a pipe or file, where equal runs give equal text."""
        if sys.stdout is None or not sys.stdout.isatty():
            return ""
        return f"{time.monotonic() - self._began:.2f} s"

    def out(self, text: str) -> None:
        """Print a result. A reader who has seen enough is no error; a full disk is."""
        self.clear()
        _write(sys.stdout, text)

    def err(self, text: str) -> None:
        """Print what is wrong with the run itself."""
        self.clear()
        try:
            _write(sys.stderr, text)
        except InputError:
            return  # nowhere left to say so; the exit code still does

    def discard(self) -> None:
        """The reader of standard output has seen enough."""
        if sys.stdout is not None:
            _discard(sys.stdout)

    def progress(self, text: str) -> None:
        """Show what is being done, on a terminal only: each text replaces the last."""
        if sys.stderr is None or not sys.stderr.isatty():
            return
        sys.stderr.write(f"\r\x1b[K{text[: self.width - 1]}")
        sys.stderr.flush()
        self._status = True

    def clear(self) -> None:
        """Take the progress text away."""
        if self._status and sys.stderr is not None:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._status = False


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None or not text:  # closed by whoever started us
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        raise InputError(f"cannot write the output: {(error.strerror or 'unknown error').lower()}") from error


def _discard(stream: TextIO) -> None:
    """Send what is still buffered, and all that follows, nowhere; else the interpreter fails again at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _colored(choice: ColorChoice) -> bool:
    """`--color` wins, then NO_COLOR, then FORCE_COLOR (both when not empty), then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _width() -> int:
    if sys.stdout is None or not sys.stdout.isatty():
        return DEFAULT_WIDTH
    try:
        return max(40, min(os.get_terminal_size(sys.stdout.fileno()).columns, 120))
    except OSError:
        return DEFAULT_WIDTH
