"""An expression: JMESPath with the function library, parsed once, evaluated on many records."""

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import UTC, datetime

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.paths import keys_overlap
from oneway.core.records import Value, is_blank
from oneway.mapping.expressions.comparisons import Comparison, blank_is_answer, comparisons_of
from oneway.mapping.expressions.evaluation import certain_items, evaluated
from oneway.mapping.expressions.gaps import Evaluation, texts
from oneway.mapping.expressions.item_places import names_gaps, note_items
from oneway.mapping.expressions.pair_entries import note_entries
from oneway.mapping.expressions.paths_read import (
    ExpressionReads,
    NameUse,
    PathUse,
    TreeUse,
    reads_of,
)
from oneway.mapping.expressions.reading import PLAIN, Reading
from oneway.mapping.expressions.syntax import (
    MAX_LENGTH,
    MAX_WRITTEN_OUT,
    ExpressionSyntax,
    Node,
    TextRange,
    too_deep,
    tree_of,
)
from oneway.mapping.functions import Context, EvaluationError
from oneway.mapping.functions.function import OverBudget


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression; two are equal if their text and place are."""

    text: str
    span: Span
    facts: ExpressionReads = field(repr=False, compare=False)
    tree: Node = field(repr=False, compare=False)
    reading: Reading = field(default=PLAIN, repr=False, compare=False)
    """How the system of its records treats absent keys."""
    written: str = field(default="", repr=False, compare=False)
    """The text in the mapping, if `text` has named expressions written out."""

    def evaluate(self, data: "Mapping[str, Value] | Value", context: Context) -> tuple[Value, bool]:
        """Return the value on a record, and whether everything that was read is stated.

        A key is not stated if it is absent from its object, or if what should be its object is
        neither an object nor null. There may still be a value (`a || b` without an `a`). The data
        are never changed; the value may be a part of them. Raises `EvaluationError`.
        """
        answer = evaluated(self.tree, _plain(data), context, self.reading)
        return answer.value, answer.stated

    def stated_value(self, data: "Mapping[str, Value] | Value", context: Context) -> Value:
        """Return the value on a record; raises `EvaluationError`, also if an absent key decides."""
        answer = evaluated(self.tree, _plain(data), context, self.reading)
        if answer.written and not is_blank(answer.value):
            raise EvaluationError(texts(answer.written))
        return answer.value

    def decide(self, data: "Mapping[str, Value] | Value", context: Context) -> Evaluation:
        """Return the value on a record, and what each question about it depends on.

        A function that has no result because of an absent key is unknown rather than an error. Any
        other failure raises `EvaluationError`.
        """
        return evaluated(self.tree, _plain(data), context, self.reading, deciding=True)

    def certain(self, data: "Mapping[str, Value] | Value", context: Context) -> list[Value]:
        """Return the items that its list certainly has, for any values of absent keys."""
        return certain_items(self.tree, _plain(data), context, self.reading)

    @property
    def names_gaps(self) -> bool:
        """Whether a cell may name its gaps, such as a key that an item lacks."""
        checks = self.reading.checks or self.reading.item_checks
        return bool(checks) or names_gaps(self.tree)

    @property
    def paths(self) -> tuple[PathUse, ...]:
        """Every path read from the root of the record, in textual order."""
        return self.facts.paths

    @property
    def simple(self) -> tuple[str, ...] | None:
        """The keys of the path, if the expression is just one path."""
        return self.facts.simple

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions that it calls, without repetition."""
        return self.facts.functions

    @property
    def settings(self) -> tuple[NameUse, ...]:
        """The settings it reads."""
        return self.facts.settings

    @property
    def named(self) -> tuple[NameUse, ...]:
        """The named expressions that it refers to; once compiled, those that do not exist."""
        return self.facts.named

    @property
    def shown(self) -> str:
        """The text as written in the mapping."""
        return self.written or self.text

    @property
    def trees(self) -> tuple[TreeUse, ...]:
        """The trees of lookup tables that it uses."""
        return self.facts.trees

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The comparisons of the record's fields with constants."""
        return comparisons_of(self.text, self.tree)

    @property
    def paths_in_need(self) -> frozenset[tuple[str, ...]]:
        """The paths that it reads, except where it handles a blank value itself."""
        return frozenset(each.keys for each in self.paths) - blank_is_answer(self.tree)

    def reads_any(self, paths: Collection[tuple[str, ...]]) -> bool:
        """Return whether it reads one of these paths, in full or in part."""
        if self.facts.whole:
            return bool(paths)
        return any(keys_overlap(use.keys, each) for use in self.paths for each in paths)

    def within(self, place: TextRange) -> Span:
        """Return the place of a part of the text, or of the whole if it spans several lines."""
        return self.span.part(place.offset, place.length)

    @property
    def constant(self) -> bool:
        """Whether it reads nothing from the record."""
        return not self.facts.paths and not self.facts.whole

    @property
    def uses_today(self) -> bool:
        """Whether its value depends on the day of the run."""
        return self.facts.uses_today


def _plain(data: "Mapping[str, Value] | Value") -> Value:
    # JMESPath recognises an object by its type, dict
    return dict(data) if isinstance(data, Mapping) and not isinstance(data, dict) else data


def _refuse_cost(tree: Node) -> None:
    """Refuse an expression that costs too much even on an empty record."""
    try:
        evaluated(tree, {}, _SOME_DAY)
    except OverBudget as error:
        raise ExpressionSyntax(f"{error.summary}, whatever they are") from None
    except EvaluationError:
        return


_SOME_DAY = Context(datetime(2026, 1, 1, tzinfo=UTC))


def parse(text: str, span: Span, written: str = "") -> Expression:
    """Return the expression of a text; raise `ExpressionSyntax` if it is invalid.

    `written` is the text in the mapping, if that differs.
    """
    try:
        tree = tree_of(text, MAX_WRITTEN_OUT if written else MAX_LENGTH)
        facts = reads_of(text, tree, written_out=bool(written))
        note_items(tree)
        note_entries(tree)
        _refuse_cost(tree)
        return Expression(text, span, facts, tree, written=written)
    except RecursionError:
        raise too_deep() from None
    except ExpressionSyntax as error:
        from oneway.mapping.expressions.foreign_syntax import explained

        raise explained(text, error) from None
