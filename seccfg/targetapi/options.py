"""Options of a target that are one word out of a few: `targets.kong.mode`, and `prefer` of every gateway."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.findings import InputError
from seccfg.ir.policy import Json

__all__ = ["PREFER", "read_choices"]

PREFER: Final = ("exact", "native")
"""`exact`: one decision program, equal to the reference. `native`: the vendor's own features wherever they are equal or
narrower, each other difference a gap."""


def read_choices(
    target: str, options: Mapping[str, Json], choices: Mapping[str, tuple[str, ...]], also: Sequence[str] = ()
) -> dict[str, str]:
    """
    The word of every option of *choices*.

    Args:
        target: Whose options they are, for messages.
        choices: Option -> its words; the first is taken when it is left out.
        also: Options the target has besides and reads itself, for messages; none of *options* is one of them.
    Raises:
        InputError: an option that is none, or a value that is none of its words.
    """
    read = {name: words[0] for name, words in choices.items()}
    for key, text in options.items():
        value = json.loads(text)
        if key not in read:
            raise InputError(f"unknown option `{key}` of target `{target}`; it has {', '.join(sorted({*choices, *also}))}")
        if value not in choices[key]:
            raise InputError(f"option `{key}` of target `{target}` is {' or '.join(choices[key])}")
        read[key] = value
    return read
