"""The transport of `oneway lsp`: the Language Server Protocol around `runs.editor`."""

from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from oneway import __version__
from oneway.cli.options import FOLDERS
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.runs.editor.answers import completions, definition, diagnostics, hover
from oneway.runs.editor.facts import EditorFacts, facts_of

_Placed: TypeAlias = types.CompletionParams | types.HoverParams | types.DefinitionParams
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_KINDS = {
    "field": types.CompletionItemKind.Field,
    "function": types.CompletionItemKind.Function,
    "reference": types.CompletionItemKind.Reference,
    "connector": types.CompletionItemKind.Module,
    "resource": types.CompletionItemKind.Module,
    "expression": types.CompletionItemKind.Variable,
    "word": types.CompletionItemKind.EnumMember,
}


def server() -> LanguageServer:
    """Return the language server, ready to be started."""
    found = LanguageServer("oneway", __version__)

    @found.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
        _publish(ls, params.text_document.uri)

    @found.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
        _publish(ls, params.text_document.uri)

    @found.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", ":", " "])
    )
    def completed(ls: LanguageServer, params: types.CompletionParams) -> list[types.CompletionItem]:
        text, line, column = _place(ls, params)
        offers = completions(_facts(ls, params.text_document.uri), text, line, column)
        return [
            types.CompletionItem(each.text, kind=_KINDS[each.kind], documentation=each.about)
            for each in offers
        ]

    _tells(found)
    return found


def _tells(found: LanguageServer) -> None:
    """Add hover texts and go to definition to a server."""

    @found.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(ls: LanguageServer, params: types.HoverParams) -> types.Hover | None:
        text, line, column = _place(ls, params)
        said = hover(_facts(ls, params.text_document.uri), text, line, column)
        shown = types.MarkupContent(types.MarkupKind.Markdown, said)
        return types.Hover(shown) if said else None

    @found.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(ls: LanguageServer, params: types.DefinitionParams) -> types.Location | None:
        return _definition(ls, params)


def _definition(ls: LanguageServer, params: types.DefinitionParams) -> types.Location | None:
    text, line, column = _place(ls, params)
    span = definition(_facts(ls, params.text_document.uri), text, line, column)
    if span is None:
        return None
    path = _path(params.text_document.uri)
    uri = params.text_document.uri if span.file == path else Path(span.file).resolve().as_uri()
    lines = text.splitlines() if span.file == path else []
    return types.Location(uri, _range(span, lines))


def _publish(ls: LanguageServer, uri: str) -> None:
    """Send the editor the diagnostics of a mapping, or none for any other file."""
    text = ls.workspace.get_text_document(uri).source
    is_mapping = any(line.startswith("oneway:") for line in text.splitlines())
    found = diagnostics(text.encode(), _path(uri), FOLDERS) if is_mapping else ()
    lines = text.splitlines()
    shown = [_diagnostic(each, lines) for each in found]
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, shown))


def _facts(ls: LanguageServer, uri: str) -> EditorFacts:
    return facts_of(ls.workspace.get_text_document(uri).source.encode(), _path(uri), FOLDERS)


def _path(uri: str) -> str:
    return url2pathname(urlsplit(uri).path)


def _place(ls: LanguageServer, params: _Placed) -> tuple[str, int, int]:
    """Return the text and the place in it, in characters; the protocol counts UTF-16 units."""
    text = ls.workspace.get_text_document(params.text_document.uri).source
    lines = text.splitlines()
    line, units = params.position.line, params.position.character
    written = lines[line] if line < len(lines) else ""
    before = written.encode("utf-16-le")[: units * 2].decode("utf-16-le", errors="ignore")
    return text, line, len(before)


def _diagnostic(each: Diagnostic, lines: list[str]) -> types.Diagnostic:
    help = f"\n{each.help}" if each.help else ""
    return types.Diagnostic(
        range=_range(each.span, lines),
        message=f"{each.summary}{help}",
        severity=_SEVERITIES[each.severity],
        code=each.code,
        source="oneway",
    )


def _range(span: Span, lines: list[str]) -> types.Range:
    line = max(span.line - 1, 0)
    written = lines[line] if line < len(lines) else ""
    start, end = max(span.column - 1, 0), max(span.end - 1, span.column)
    return types.Range(
        types.Position(line, _units(written, start)), types.Position(line, _units(written, end))
    )


def _units(text: str, column: int) -> int:
    if column > len(text):
        return column
    return len(text[:column].encode("utf-16-le", errors="surrogatepass")) // 2
