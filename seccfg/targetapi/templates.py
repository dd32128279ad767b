"""Jinja2 for code and prose: undefined names are errors, every printed value goes through the language's encoder.

Data files (JSON, YAML, XML) are never templates: `escape` and a serializer make those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jinja2

__all__ = ["Code", "Templates"]


class Code(str):
    """Text that is already in the template's language: made by an encoder or a printer, printed as it stands."""

    __slots__ = ()


class Templates:
    """The templates of one target for one output language.

    *encoder* turns any other value a template prints into that language and raises for a type it does not know, so a
    forgotten filter can garble a file but never let a value become structure.
    """

    def __init__(self, package: str, encoder: Callable[[object], str], folder: str = "templates") -> None:
        def finalize(value: object) -> str:
            if isinstance(value, jinja2.Undefined):
                raise jinja2.UndefinedError(f"a template of {package} prints an undefined value")
            return str(value) if type(value) is Code else encoder(value)

        self._environment = jinja2.Environment(  # noqa: S701 - `finalize` encodes every value for its own language
            loader=jinja2.PackageLoader(package, folder),
            undefined=jinja2.StrictUndefined,
            finalize=finalize,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
            newline_sequence="\n",
            extensions=(),
        )

    def render(self, template: str, values: Mapping[str, object]) -> bytes:
        """The file *template* makes of *values*, as UTF-8."""
        return self._environment.get_template(template).render(values).encode()
