"""Builds a tree of nodes from parser events, with an explicit stack and fixed limits."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import yaml

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Findings, Span
from oneway.core.records import Value
from oneway.documents.yaml_source.nodes import List, Node, Object, Scalar
from oneway.documents.yaml_source.scalars import NumberTooLarge, plain
from oneway.documents.yaml_source.source import Source, shown
from oneway.documents.yaml_source.spans import closed_at, content, index_of, written

MOST_NODES = 100_000
DEEPEST = 64
_MOST_FINDINGS = 100
_SURROGATE = "[\ud800-\udfff]"

# libyaml is some ten times faster; both give the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOO_DEEP = "exceeded maximum nesting depth"


_NO_BRACES = (
    "a list or object cannot be a key; where {{ }} was meant to mark an expression, "
    "write only the expression"
)


def _is_negation(event: yaml.ScalarEvent) -> bool:
    """Return whether a tag is an expression that begins with `!`, as no tag of other tools is."""
    named = re.fullmatch(r"![\w-]+", event.tag or "") is not None
    compared = event.value.startswith(("=", "<", ">"))
    return (
        not event.style
        and str(event.tag).startswith("!")
        and not (named and event.value and not compared)
    )


class _Stop(Exception):
    """Reading on is useless; the findings say why."""


@dataclass(slots=True)
class _Open:
    """A list or object that has not ended yet."""

    node: List | Object
    anchor: str | None
    key: tuple[str, Span] | None = None
    expects_key: bool = True
    is_doubled: bool = False
    """Whether an item's first key has come again."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The root of a text, and every mistake in it.

    `root` is None if a mistake ended the reading, or if there is nothing to read.
    """

    root: Node | None
    found: tuple[Diagnostic, ...]


def compose(source: Source) -> Composed:
    """Return the tree of a text, with every mistake up to the first that ends the reading."""
    composer = _Composer(source)
    try:
        for event in _events(composer):
            composer.take(event)
        root = composer.whole()
    except _Stop:
        root = None
    return Composed(root, composer.findings.sorted())


def _events(composer: "_Composer") -> Iterator[yaml.Event]:
    text, given = composer.source.text, 0
    try:
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                given += 1
                yield event
        except yaml.YAMLError as error:
            if _TOO_DEEP not in str(error):
                raise
            # Newer libyaml has a limit of its own, and meets it while it looks ahead: before
            # the event that passes ours. The other parser has none: it goes on from here.
            yield from islice(yaml.parse(text, Loader=yaml.SafeLoader), given, None)
    except yaml.YAMLError as error:
        composer.complain(error)
    except (ValueError, OverflowError) as error:  # PyYAML's own parser, at "\U00110000"
        composer.complain(yaml.MarkedYAMLError(problem=str(error)))


class _Composer:
    """Takes a parser's events one by one; `root` is complete after the last."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings = Findings()
        self._root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0
        self._nodes = 0

    def whole(self) -> Node:
        """Return the root, once all events have been taken."""
        root = self._root
        if root is None or (isinstance(root, Scalar) and root.is_nothing):
            span = self.source.span(0, 0)
            self._report(span, "Y104", "the file is empty", "write it, or check the file's name")
            raise _Stop
        return root

    def take(self, event: yaml.Event) -> None:
        """Add the content of an event to the tree."""
        match event:
            case yaml.ScalarEvent():
                self._count(event)
                self._take_scalar(event)
            case yaml.SequenceStartEvent():
                self._begin(event, List(content(self.source, event)))
            case yaml.MappingStartEvent():
                self._begin(event, Object(content(self.source, event)))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._end(event)
            case yaml.AliasEvent():
                self._count(event)
                self._place(self._known(event), written(self.source, event))
            case yaml.DocumentStartEvent():
                self._begin_document(event)

    def complain(self, error: yaml.YAMLError) -> None:
        """Report a syntax error in plain words, at its place; nothing can be read after it."""
        mark = getattr(error, "problem_mark", None)
        index = index_of(mark) if mark else len(self.source.text)
        complaint = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
        from oneway.documents.yaml_source.slips import slip_before
        from oneway.documents.yaml_source.wording import words_for

        source = self.source
        span = source.span(index, index + 1)
        slip = slip_before(source.lines, span.line - 1)
        if slip is not None:
            start = source.starts[slip.row] + slip.column
            span = source.span(start, start + slip.length)
            self._report(span, slip.words.code, slip.words.summary, slip.words.help)
            raise _Stop
        if any(each.code == "Y112" and each.span.line == span.line for each in self.findings.found):
            raise _Stop  # what follows a cut-off expression is not a list or an object
        after = source.text[index + 1 :].partition("\n")[0]
        words = words_for(complaint, source.text[index : index + 1], self._line_to(index), after)
        if words.opening:
            span = self._opening(getattr(error, "context_mark", None), span, complaint)
        help = f"{self._indents(index)}{words.help}" if words.indents else words.help
        self._report(span, words.code, words.summary, help)
        raise _Stop

    def _indents(self, index: int) -> str:
        """Return how a line and the one above it are indented, where no line is indented so."""
        start = self.source.text.rfind("\n", 0, index) + 1
        line = self.source.text[start:].partition("\n")[0]
        above = self.source.text[:start].splitlines()
        known = [each for each in above if each.strip() and not each.lstrip().startswith("#")]
        levels = [len(each) - len(each.lstrip(" ")) for each in known]
        here = len(line) - len(line.lstrip(" "))
        if not levels or here == 0 or (here in levels and here <= levels[-1]):
            return ""
        if known[-1].rstrip().endswith(":") and here > levels[-1]:
            return ""
        there = levels[-1]
        spaces = f"{here} space{'s' * (here != 1)}"
        return f"this line is indented by {spaces}, and the line above by {there}; "

    def _line_to(self, index: int) -> str:
        """Return the part of a line up to an index."""
        return self.source.text[self.source.text.rfind("\n", 0, index) + 1 : index]

    def _opening(self, mark: object, span: Span, complaint: str) -> Span:
        """Return the start of the construct that a parser complains about."""
        if "flow" in complaint and self._open:
            start = self._open[-1].node.span
            return replace(start, end=start.column + 1)
        return self.source.span(index_of(mark), index_of(mark) + 1) if mark else span

    def _begin_document(self, event: yaml.Event) -> None:
        self._documents += 1
        if self._documents > 1:
            self._report(
                written(self.source, event),
                "Y105",
                "a second document begins here",
                "one file is one document",
            )
            raise _Stop

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        span = content(self.source, event)
        is_plain = event.implicit[0]
        value = self._plain(event.value, span) if is_plain else event.value
        if not event.value.isascii() and re.search(_SURROGATE, event.value):
            # libyaml refuses these itself.
            self._refuse(span, "escape code")
        node = Scalar(value, span, merge=is_plain and event.value == "<<")
        if event.tag is not None and _is_negation(event):
            node = Scalar(self._after_bang(event), span)
        else:
            self._refuse_tag(event, event.tag, is_plain or event.implicit[1])
        self._keep(event.anchor, node)
        self._place(node, span)

    def _after_bang(self, event: yaml.ScalarEvent) -> str:
        """Report an unquoted expression that begins with `!`, and return it as it was meant."""
        from oneway.documents.yaml_source.wording import bang_words

        text, end = self.source.text, index_of(event.end_mark)
        whole = text[index_of(event.start_mark) : end].strip()
        value = whole or str(event.tag)
        # within { }, a comma has cut it off: it extends to the bracket that closes the last one
        rest = iter(text[end:].partition("\n")[0])
        while value.count("(") > value.count(")") and (sign := next(rest, "")):
            value += sign
        words = bang_words(value)
        self._report(written(self.source, event), words.code, words.summary, words.help)
        return value

    def _plain(self, text: str, span: Span) -> Value:
        try:
            return plain(text)
        except NumberTooLarge as error:
            self._report(span, "Y114", str(error), "put it in quotes if it is text")
            return None

    def _begin(self, event: yaml.CollectionStartEvent, node: List | Object) -> None:
        self._count(event)
        if len(self._open) == DEEPEST:
            self._too_deep(node.span)
        self._refuse_tag(event, event.tag, event.implicit)
        self._open.append(_Open(node, event.anchor))

    def _end(self, event: yaml.Event) -> None:
        closed = self._open.pop()
        span = closed_at(self.source, closed.node.span, event)
        node = closed.node if span is closed.node.span else replace(closed.node, span=span)
        # stored only at its end, so that nothing can contain itself
        self._keep(closed.anchor, node)
        self._place(node, node.span)

    def _place(self, node: Node, span: Span) -> None:
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if isinstance(parent.node, List):
            parent.node.items.append(node)
        elif parent.expects_key:
            parent.key = self._key(node, span)
            parent.expects_key = False
        else:
            self._enter(parent, parent.node, node)

    def _enter(self, parent: _Open, holder: Object, node: Node) -> None:
        parent.expects_key = True
        if parent.key is None:
            return
        key, span = parent.key
        if key in holder.entries:
            first, within = holder.entries[key][0].line, self._open[-2:-1]
            help = f"it is on line {first} already: take one of them out"
            if within and isinstance(within[0].node, List) and key == next(iter(holder.entries)):
                # everything that follows belongs to an item whose dash is missing
                help = f"put '- ' before it if a new item begins here; otherwise, {help}"
                parent.is_doubled = True
            elif parent.is_doubled:
                return
            self._report(span, "Y108", f"the key {shown(key)} appears twice", help)
            return
        holder.entries[key] = (span, node)

    def _key(self, node: Node, span: Span) -> tuple[str, Span] | None:
        if isinstance(node, Scalar) and node.merge:
            self._report(
                span,
                "Y115",
                "merge keys (<<) are not used here",
                "write the keys out, or give a whole value by an alias",
            )
        elif isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value, span
        else:
            self._report(
                span,
                "Y116",
                "a key must be text",
                "put the key in quotes" if isinstance(node, Scalar) else _NO_BRACES,
            )
        return None

    def _known(self, event: yaml.AliasEvent) -> Node:
        span = written(self.source, event)
        if event.anchor in self._anchors:
            return self._anchors[event.anchor]
        if any(opened.anchor == event.anchor for opened in self._open):
            self._report(
                span,
                "Y117",
                f"*{event.anchor} is inside the value that it names",
                "write the value out",
            )
        else:
            self._report(
                span,
                "Y117",
                f"the alias *{event.anchor} names nothing above it",
                "if it is text or an expression, put the whole value between double quotes",
            )
        return Scalar(None, span)

    def _keep(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _refuse_tag(self, event: yaml.Event, tag: str | None, implicit: bool) -> None:
        if tag is not None or not implicit:
            self._refuse(written(self.source, event), "tag")

    def _count(self, event: yaml.Event) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._report(
                written(self.source, event),
                "Y119",
                f"the file contains more than {MOST_NODES:,} values",
                "check that it is the file you meant, or split it",
            )
            raise _Stop

    def _too_deep(self, span: Span) -> None:
        self._report(
            span,
            "Y118",
            f"lists and objects are nested more than {DEEPEST} deep here",
            "check the brackets",
        )
        raise _Stop

    def _refuse(self, span: Span, complaint: str) -> None:
        from oneway.documents.yaml_source.wording import words_for

        words = words_for(complaint, "")
        self._report(span, words.code, words.summary, words.help)

    def _report(self, span: Span, code: str, summary: str, help: str) -> None:
        self.findings.add(self.source.report(span, code, summary, help))
        if len(self.findings.found) >= _MOST_FINDINGS:
            raise _Stop
