"""The server's answers. Everything it says of a spec comes from what `seccfg lint` runs, with the same configuration."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path
from pygls.workspace import ServerTextPosition, ServerTextRange, TextDocument

from seccfg import __version__
from seccfg.cli import inputs
from seccfg.cli.checking import Checked, check_spec
from seccfg.cli.editor.places import SECTIONS, Here, context_of, here, names_of, permissions
from seccfg.cli.linting import Settings, Wish, settings_of
from seccfg.cli.proposals import Proposals
from seccfg.findings import Finding, SeccfgError, SourceError, Span
from seccfg.source import project
from seccfg.source.document import Document
from seccfg.source.edit import NotEditable, formatted
from seccfg.source.replacements import Replacement, replacements

__all__ = ["make_server"]

_SEVERITIES: Final = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
_SOURCE: Final = "seccfg"


class _Texts:
    """The last text of each spec that was a document: what names mean while the next one is being typed."""

    def __init__(self) -> None:
        self._known: dict[str, Document] = {}
        self._schema: Any = None

    def document(self, path: str, text: str) -> Document | None:
        with contextlib.suppress(SeccfgError):
            self._known[path] = project.open_spec(path, text.encode("utf-8", "replace")).document()
        return self._known.get(path)

    def description(self, path: tuple[str | int, ...]) -> str:
        """What the language says of the key at *path*."""
        if self._schema is None:
            import json

            from seccfg.spec.forms import read_models
            from seccfg.spec.models import Spec
            from seccfg.spec.print_schema import print_schema

            self._schema = json.loads(print_schema(read_models(Spec)))
        return _described(self._schema, path)


def make_server(now: str | None = None) -> LanguageServer:
    """A server; *now* is the day it takes for today, the clock's when None."""
    server = LanguageServer(_SOURCE, __version__)
    texts = _Texts()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(parameters: lsp.DidOpenTextDocumentParams) -> None:
        _publish(server, parameters.text_document.uri, now)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(parameters: lsp.DidChangeTextDocumentParams) -> None:
        _publish(server, parameters.text_document.uri, now)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(parameters: lsp.DidSaveTextDocumentParams) -> None:
        _publish(server, parameters.text_document.uri, now)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(parameters: lsp.HoverParams) -> lsp.Hover | None:
        document, found = _here(server, texts, parameters.text_document.uri, parameters.position)
        if document is None or found is None:
            return None
        text = _said_of(document, found, texts)
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text)) if text else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(parameters: lsp.DefinitionParams) -> lsp.Location | None:
        document, found = _here(server, texts, parameters.text_document.uri, parameters.position)
        if document is None or found is None:
            return None
        span = _definition(document, found)
        return _location(server, span) if span is not None else None

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=["[", ",", " ", ":", "-"])
    )
    def completion(parameters: lsp.CompletionParams) -> lsp.CompletionList:
        text = server.workspace.get_text_document(parameters.text_document.uri)
        position = text.position_from_client_units(parameters.position)
        document = texts.document(_path(text.uri), text.source)
        key = context_of(text.source.split("\n"), position.line + 1, position.character + 1)
        names = names_of(document, key) if document is not None and key in SECTIONS else {}
        items = [
            lsp.CompletionItem(name, kind=lsp.CompletionItemKind.Reference, detail=said) for name, said in names.items()
        ]
        return lsp.CompletionList(is_incomplete=False, items=items)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])
    )
    def actions(parameters: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        text = server.workspace.get_text_document(parameters.text_document.uri)
        wanted = text.range_from_client_units(parameters.range)
        checked = _check(text, now)
        if checked is None:
            return []
        proposals = Proposals(checked.path, checked.data, text.source)
        found = []
        for finding in checked.findings:
            if finding.at.path == _path(text.uri) and wanted.start.line <= finding.at.line - 1 <= wanted.end.line:
                found += _actions(text, finding, proposals)
        return found

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def formatting(parameters: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        text = server.workspace.get_text_document(parameters.text_document.uri)
        try:
            return _changes(text, replacements(text.source, formatted(text.source)))
        except NotEditable:
            return None

    return server


def _path(uri: str) -> str:
    return url2pathname(unquote(urlsplit(uri).path)) if "%" in uri else url2pathname(urlsplit(uri).path)


# -------------------------------------------------------------------------------------------------------- diagnostics
def _check(text: TextDocument, now: str | None) -> Checked | None:
    """What lint finds in the text as it is being edited, with the settings of its project; None where it may not look."""
    path = _path(text.uri)
    known: dict[str, Settings] = {}
    try:
        settings = settings_of(path, Wish(), known)
        return check_spec(path, inputs.today(now), settings.selected, text.source.encode("utf-8", "replace"))
    except SourceError as error:  # the configuration
        return Checked(path, None, error.findings)
    except SeccfgError as error:
        return Checked(path, None, (Finding("YAML050", "error", str(error), Span(path, 1, 1)),))


def _publish(server: LanguageServer, uri: str, now: str | None) -> None:
    text = server.workspace.get_text_document(uri)
    checked = _check(text, now)
    if checked is None:
        return
    path = _path(uri)
    shown = [_diagnostic(server, text, finding, path) for finding in checked.counting()]
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, shown, text.version))


def _diagnostic(server: LanguageServer, text: TextDocument, finding: Finding, path: str) -> lsp.Diagnostic:
    """A finding in another file stands at the top, with the place it is about beside it."""
    own = finding.at.path == path
    related = [
        lsp.DiagnosticRelatedInformation(_location(server, one.span), one.label) for one in finding.related
    ]
    if not own and finding.at.path:
        related.insert(0, lsp.DiagnosticRelatedInformation(_location(server, finding.at), "found here"))
    return lsp.Diagnostic(
        range=_range(text, finding.at) if own else lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)),
        message=finding.message if not finding.help else f"{finding.message}\n{finding.help}",
        severity=_SEVERITIES[finding.severity],
        code=finding.rule,
        source=_SOURCE,
        related_information=related or None,
    )


def _range(text: TextDocument, span: Span) -> lsp.Range:
    start = ServerTextPosition(max(span.line - 1, 0), max(span.column - 1, 0))
    end = ServerTextPosition(start.line, start.character + 1)
    if span.end_line:
        end = ServerTextPosition(span.end_line - 1, span.end_column - 1)
    return text.range_to_client_units(ServerTextRange(start, end))


def _location(server: LanguageServer, span: Span) -> lsp.Location:
    uri = from_fs_path(span.path) or ""
    return lsp.Location(uri, _range(server.workspace.get_text_document(uri), span))


# ------------------------------------------------------------------------------------------------------------- answers
def _here(
    server: LanguageServer, texts: _Texts, uri: str, position: lsp.Position
) -> tuple[Document | None, Here | None]:
    text = server.workspace.get_text_document(uri)
    document = texts.document(_path(uri), text.source)
    if document is None:
        return None, None
    at = text.position_from_client_units(position)
    lines = text.source.split("\n")
    if at.line >= len(lines):
        return document, None
    return document, here(document, at.line + 1, at.character + 1, lines[at.line])


def _said_of(document: Document, found: Here, texts: _Texts) -> str:
    if found.key == "rule":
        from seccfg.lint.catalogue import find

        rule = find(found.word)
        return f"**{rule.id}** {rule.name} ({rule.severity})\n\n{rule.why}\n\n*What to do.* {rule.fix}" if rule else ""
    if found.is_key and not found.key:
        said = texts.description(found.path)
        return f"`{found.word}`: {said}" if said else ""
    if SECTIONS.get(found.key) == ("permissions",):
        holders = permissions(document).get(found.word, [])
        return f"permission `{found.word}`, which {', '.join(f'`{name}`' for name in holders)} have" if holders else ""
    names = names_of(document, found.key)
    if found.word not in names:
        return texts.description(found.path)
    section = SECTIONS[found.key][0]
    return f"`{found.word}` of `{section}`\n\n```yaml\n{_excerpt(document, (*SECTIONS[found.key], found.word))}\n```"


def _excerpt(document: Document, path: tuple[str, ...]) -> str:
    """The lines that define what stands at *path*, at most twelve."""
    key, value = document.span(path, key=True), document.span(path)
    last = max(key.line, value.end_line or value.line)
    lines = [document.line(key.path, number) for number in range(key.line, min(last, key.line + 11) + 1)]
    return "\n".join(line.rstrip() for line in lines)


def _definition(document: Document, found: Here) -> Span | None:
    section = SECTIONS.get(found.key)
    if section is None or section in (("rules",), ("scopes",)):
        return None
    if section == ("permissions",):
        holders = permissions(document).get(found.word)
        return document.span(("roles", holders[0]), key=True) if holders else None
    if found.word not in names_of(document, found.key):
        return None
    return document.span((*section, found.word), key=True)


def _described(schema: Any, path: tuple[str | int, ...]) -> str:
    """The description of the last key of *path* in a JSON Schema of draft 7."""
    nodes = [schema]
    said = ""
    for step in path:
        below = [found for node in nodes for found in _below(schema, node, step)]
        if not below:
            return ""
        nodes = below
        said = next((str(node["description"]) for node in nodes if isinstance(node, dict) and "description" in node), "")
    return said


def _below(schema: Any, node: Any, step: str | int) -> list[Any]:
    found = []
    for one in _alternatives(schema, node, 0):
        if isinstance(step, int):
            found += [one["items"]] if isinstance(one.get("items"), dict) else []
        elif step in one.get("properties", {}):
            found.append(one["properties"][step])
        elif isinstance(one.get("additionalProperties"), dict):
            found.append(one["additionalProperties"])
    return found


def _alternatives(schema: Any, node: Any, depth: int) -> list[dict[str, Any]]:
    if not isinstance(node, dict) or depth > 8:
        return []
    found = [node]
    if "$ref" in node:
        found += _alternatives(schema, schema["definitions"].get(str(node["$ref"]).rpartition("/")[2]), depth + 1)
    for key in ("allOf", "anyOf", "oneOf"):
        for part in node.get(key, ()):
            found += _alternatives(schema, part, depth + 1)
    return found


# --------------------------------------------------------------------------------------------------------- quick fixes
def _actions(text: TextDocument, finding: Finding, proposals: Proposals) -> list[lsp.CodeAction]:
    """The fix of a finding, if it has one, and a comment that silences it, its reason left to whoever signs it."""
    found = []
    proposal = proposals.of(finding)
    if proposal is not None:
        title = f"{finding.rule}: {proposal.title}" + ("" if proposal.safe else " (may change what is allowed)")
        found.append(_action(text, title, _changes(text, proposal.replacements), preferred=proposal.safe))
    if finding.severity != "error" and not finding.ignored and not finding.rule.startswith("REF10"):
        line = text.source.split("\n")[finding.at.line - 1].rstrip()
        end = text.position_to_client_units(ServerTextPosition(finding.at.line - 1, len(line)))
        comment = f'  # seccfg: ignore[{finding.rule}] reason=""'
        if "#" not in line:
            edit = lsp.TextEdit(lsp.Range(end, end), comment)
            found.append(_action(text, f"{finding.rule}: ignore it here, and say why", [edit]))
    return found


def _action(text: TextDocument, title: str, edits: list[lsp.TextEdit], preferred: bool = False) -> lsp.CodeAction:
    return lsp.CodeAction(
        title,
        kind=lsp.CodeActionKind.QuickFix,
        is_preferred=preferred or None,
        edit=lsp.WorkspaceEdit(changes={text.uri: edits}),
    )


def _changes(text: TextDocument, wanted: Sequence[Replacement]) -> list[lsp.TextEdit]:
    """*wanted* in the units of the client's positions."""
    found = []
    for one in wanted:
        start = ServerTextPosition(one.line - 1, one.column - 1)
        end = ServerTextPosition(one.end_line - 1, one.end_column - 1)
        found.append(lsp.TextEdit(text.range_to_client_units(ServerTextRange(start, end)), one.text))
    return found
