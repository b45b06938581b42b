"""Evaluates an expression tree with the function library, and tracks absent keys.

The question is what the answer depends on. A key that is absent from a record says nothing, so an
expression that reads one is unknown, unless its answer is the same whatever the key holds
(Kleene's three-valued logic). The value is JMESPath's; its dependencies are kept beside it, in
three forms, for three questions: `exact` (what is the value? - for a match key), `truth` (does it
hold? - for a condition: `true || unknown` is true), and `written` (is there a value to write? -
for a field: in `nick || name`, `name` may stand in for `nick`; in `type == 'C' && 'EXT' || team`,
`team` may not stand in for an unknown comparison).

Equality is the package's: `1 == true` and `0 == false` are false, because numbers are not
booleans. Inside lists and objects it compares as Python does, and `[1] == [true]` is true. In
`||`, `&&`, `!` and a filter, text of white space counts as blank, as it does elsewhere.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, cast

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import TYPES_MAP

from oneway.core.budget import Budget
from oneway.core.compare import identity
from oneway.core.metered_jmespath import MeteredFunctions, MeteredInterpreter
from oneway.core.paths import item_text, path_text
from oneway.core.records import Value, holds, is_blank
from oneway.mapping.expressions.gaps import (
    NO_GAPS,
    Evaluation,
    Gap,
    Gaps,
    ProjectedItem,
    choosing,
    gap_at,
    joined,
    left_open,
    list_gaps,
    written_place,
)
from oneway.mapping.expressions.item_places import At
from oneway.mapping.expressions.node_kinds import (
    ORDERING,
    asks_presence,
    is_list,
    is_logical,
    judges,
)
from oneway.mapping.expressions.pair_entries import PairEntry
from oneway.mapping.expressions.reading import PLAIN, Reading
from oneway.mapping.expressions.syntax import Node, path_in
from oneway.mapping.expressions.table_rows import (
    RowTable,
    TableRow,
    comparable_cell,
    is_table,
    no_row,
    table_of,
)
from oneway.mapping.functions import BY_NAME, Context, EvaluationError, invoke
from oneway.mapping.functions.function import LazyArgument, wrong_type
from oneway.mapping.functions.node_tree import NotKnown
from oneway.mapping.functions.values import to_number


class Library(MeteredFunctions):
    """JMESPath's own functions and ours, in one class."""

    context: Context

    def called(self, name: str, arguments: Sequence[Any]) -> Any:
        function = BY_NAME.get(name)
        if function is not None:
            return invoke(function, arguments, self.context)
        if name == "to_number" and self.context.strict:
            return to_number(*arguments)
        try:
            return super().called(name, arguments)
        except JMESPathTypeError as problem:
            # the package's own message quotes the value, which may be a person's name
            given = TYPES_MAP.get(problem.actual_type, problem.actual_type)
            raise wrong_type(name, problem.expected_types, given) from None
        except (TypeError, ValueError, OverflowError):
            raise EvaluationError(f"{name}() cannot work on these values") from None


class GapInterpreter(MeteredInterpreter):
    """The package's interpreter, which also collects the gaps of each node that it visits."""

    def __init__(self) -> None:
        self.library = Library(Budget())
        self.reading = PLAIN
        self.deciding = False
        self.sure = False
        """Whether lists hold only items that are certain."""
        self.begin(PLAIN, deciding=False)
        super().__init__(self.library)

    def begin(self, reading: Reading, *, deciding: bool, sure: bool = False) -> None:
        self.reading, self.deciding, self.sure = reading, deciding, sure
        self.stated = True
        self.exact: Gaps = ()
        self.truth: Gaps = ()
        self.written: Gaps = ()

    def answer(self, tree: Node, data: Value) -> Evaluation:
        self.begin_tree(tree)
        found = self._asked(tree, data)
        if isinstance(found.value, list | dict):
            self.budget.make(self.budget.look(found.value))
        return Evaluation(found.value, self.stated, found.exact, found.truth, found.written)

    # Gaps

    def _asked(self, node: Node, value: Any) -> Evaluation:
        """Return the answer of a node by itself, without changing the gaps collected so far."""
        kept = self.exact, self.truth, self.written
        self.exact = self.truth = self.written = ()
        try:
            found = self.visit(node, value)
            truth = self.truth if is_logical(node) else self.exact
            return Evaluation(found, self.stated, self.exact, truth, self.written)
        finally:
            self.exact, self.truth, self.written = kept

    def _attempted(self, node: Node, value: Any) -> Evaluation:
        """Return the answer of a node whose value is not used and which may fail."""
        stated = self.stated
        try:
            return self._asked(node, value)
        except (EvaluationError, TypeError, ValueError, ArithmeticError, LookupError):
            unknown = (Gap("a part of the expression", "it cannot be evaluated"),)
            return Evaluation(None, stated, unknown, unknown, unknown)
        finally:
            self.stated = stated

    def _gather(self, exact: Gaps, truth: Gaps, written: Gaps) -> None:
        self.exact = joined(self.exact, exact)
        self.truth = joined(self.truth, truth)
        self.written = joined(self.written, written)

    def _miss(self, gap: Gap) -> None:
        self._gather((gap,), (gap,), (gap,))

    def _unfit(self, place: str, wrong: str, value: Any) -> None:
        """Note a value that must not decide anything, with the name of a field."""
        self._miss(Gap(place, wrong, not is_blank(value), named=not self.reading.deciding))

    # Reading

    def visit_field(self, node: Node, value: Any) -> Any:
        path: tuple[str, ...] | None = cast(dict[str, Any], node).get("path")
        if isinstance(value, dict):
            found = value.get(node["value"], self)
            if found is not self:
                if path is not None and (wrong := self.reading.wrong(node, path, found)):
                    self._unfit(path_text(path), wrong, found)
                self._check_item(node, found)
                return found
            if self.reading.is_null_at(node):
                return None
        if value is not None:
            self.stated = False
            self._miss(gap_at(node, value))
        return None

    def _check_item(self, node: Node, value: Any) -> None:
        """Note if a value that is read within lists must not decide anything."""
        self._check_at(self.reading.checked_at(node), (value,))

    def _check_each(self, node: Node, values: Iterable[Any]) -> None:
        """Note the items of a node's list that must not decide anything."""
        self._check_at(self.reading.checked_at(node, "each"), values)

    def _check_at(self, places: Sequence[At], values: Iterable[Any]) -> None:
        for value in values if places else ():
            if wrong := self.reading.wrong_at(places, value):
                self._unfit(item_text(written_place(places)), wrong, value)

    def visit_index(self, node: Node, value: Any) -> Any:
        self._expect(value, list)
        found = super().visit_index(node, value)
        at = node["value"]
        if isinstance(value, list) and -len(value) <= at < len(value):
            self._check_item(node, found)
        return found

    def visit_slice(self, node: Node, value: Any) -> Any:
        self._expect(value, list)
        return super().visit_slice(node, value)

    def visit_projection(self, node: Node, value: Any) -> Any:
        return self._of_each(node, value, list)

    visit_filter_projection = visit_projection

    def _has(self, entry: PairEntry, items: Sequence[Any]) -> bool:
        """Return whether a list has an entry, with any value."""
        self.budget.each(items, entry.test)
        return any(holds(self._attempted(entry.test, item).value) for item in items)

    def visit_value_projection(self, node: Node, value: Any) -> Any:
        return self._of_each(node, value, dict)

    def _of_each(self, node: Node, value: Any, kind: type) -> Any:
        """Visit a projection, with the gaps of the items that it depends on."""
        base, then, *condition = node["children"]
        asked = self._asked(base, value)
        self._gather(asked.exact, asked.exact, asked.written)
        held: Any = asked.value
        self._expect(held, kind)
        if not isinstance(held, kind):
            return None
        items = [*held.values()] if isinstance(held, dict) else [*cast(list[Any], held)]
        self._check_each(node, items)
        sure, self.sure = self.sure, False
        chosen = (
            self._chosen_items(items, *condition) if condition else [(e, (), True) for e in items]
        )
        self.budget.each([item for item, _, counts in chosen if counts], then)
        found = [
            ProjectedItem(self._asked(then, item) if counts else _NOTHING, gaps)
            for item, gaps, counts in chosen
        ]
        self.sure = sure
        entry = None if any(counts for *_, counts in chosen) else self.reading.entry_at(node)
        if entry is not None and not self._has(entry, items):
            self.stated = False
            self._miss(Gap(entry.text))
        if sure:
            return [each.value for each in found if each.is_there]
        # a list counts as true if one item is certain to be in it
        truth = () if any(each.is_there for each in found) else list_gaps(found, None)
        self._gather(
            list_gaps(found, cast(dict[str, Any], node).get("pick")),
            truth,
            list_gaps(found, cast(dict[str, Any], node).get("pick"), written=True),
        )
        return [each.value for each in found if each.value is not None]

    def _chosen_items(self, items: list[Any], condition: Node) -> list[tuple[Any, Gaps, bool]]:
        """Return each item, the gaps of its condition, and whether that holds."""
        self.budget.each(items, condition)
        found = []
        for item in items:
            asked = self._asked(condition, item)
            found.append((item, choosing(asked.truth), holds(asked.value)))
        return found

    def visit_flatten(self, node: Node, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        self._expect(base, list)
        literal: Node = {"type": "literal", "value": base, "children": []}
        return super().visit_flatten(
            {"type": "flatten", "value": None, "children": [literal]}, value
        )

    def _expect(self, value: Any, kind: type) -> None:
        # a text in place of a list says nothing about the list
        if value is not None and not isinstance(value, kind):
            self.stated = False
            wanted = "a list" if kind is list else "an object"
            self._miss(Gap("a part of it", f"it is not {wanted}"))

    # Logic

    def visit_comparator(self, node: Node, value: Any) -> Any:
        return self._judged(super().visit_comparator, node, value)

    def _judged(self, visit: Callable[[Node, Any], Any], node: Node, value: Any) -> Any:
        """Visit a condition: if it is unknown, nothing replaces it."""
        before, self.written = self.written, NO_GAPS
        try:
            return visit(node, value)
        finally:
            self.written = joined(before, choosing(self.written))

    def visit_or_expression(self, node: Node, value: Any) -> Any:
        return self._either(node, value, decides=True)

    def visit_and_expression(self, node: Node, value: Any) -> Any:
        return self._either(node, value, decides=False)

    def _either(self, node: Node, value: Any, *, decides: bool) -> Any:
        """Visit `a || b` (decided by a true side) or `a && b` (decided by a false side)."""
        one, other = node["children"]
        left = self._asked(one, value)
        is_left = holds(left.value) is decides
        if is_left and not left.truth:
            self._gather(left.exact, (), left.written)
            return left.value
        # JMESPath does not evaluate the right side: find out only what it would say
        right = self._attempted(other, value) if is_left else self._asked(other, value)
        if not left.truth:
            self._gather(right.exact, right.truth, right.written)
            return right.value
        decided = holds(right.value) is decides and not right.truth
        said = left if is_left else right
        # In `nick || name`, `name` decides if `nick` is absent.
        stays = left_open(left.written) if decides else left.written
        written = (*stays, *said.written) if decides else (*stays, *right.written)
        truth = () if decided else (*left.truth, *right.truth)
        self._gather((*left.exact, *left.truth, *right.exact), truth, written)
        return said.value

    def visit_not_expression(self, node: Node, value: Any) -> Any:
        asked = self._asked(node["children"][0], value)
        self._gather(asked.truth, asked.truth, choosing(asked.truth))
        return not holds(asked.value)

    # Functions

    def visit_function_expression(self, node: Node, value: Any) -> Any:
        name, arguments = str(node["value"]), node["children"]
        if name == "iif":
            return self._chosen(arguments, value)
        if is_table(node):
            return self._of_rows(node, value)
        if asks_presence(name):
            return self._present(name, arguments, value)
        return (
            self._judged(self._called, node, value) if judges(name) else self._called(node, value)
        )

    def _called(self, node: Node, value: Any) -> Any:
        name, arguments = str(node["value"]), node["children"]
        before = self.exact
        self.exact = NO_GAPS
        try:
            given = self._arguments(name, arguments, value)
            for each in given if "each" in node else ():
                self._check_each(node, each if isinstance(each, list) else ())
            if self.reading.deciding and name in ORDERING:
                self._check_order(node, given)
            found = self.library.call_function(name, given)
        except NotKnown as problem:
            about = problem.argument
            if about is not None and self.exact:
                return None  # absent, not blank
            wrong = problem.summary
            if about is not None:
                path = path_in(arguments[about])
                wrong = f"{'the node' if path is None else path_text(path)} {wrong}"
            self.stated = False
            self._miss(Gap(f"{name}('{given[0]}')", wrong, held=True))
            return None
        except EvaluationError:
            if self.deciding and self.exact:
                return None  # a function of an unknown value is unknown
            raise
        finally:
            self.exact = joined(before, self.exact)
        if found is not None:
            self._check_item(node, found)
        return found

    def _check_order(self, node: Node, given: Sequence[Any]) -> None:
        """Note blank texts among those that a function orders: they would come first."""
        items = given[0] if isinstance(given[0], list) else []
        by = node["children"][-1]
        compared: Node | None = by["children"][0] if by["type"] == "expref" else None
        if compared is not None:
            self.budget.each(items, compared)
        for item in items if len(items) > 1 else ():
            value = item if compared is None else self._asked(compared, item).value
            if isinstance(value, str) and is_blank(value):
                self._miss(Gap(f"a value that {node['value']}() compares", "it is blank"))

    def _arguments(self, name: str, arguments: Sequence[Node], value: Any) -> list[Any]:
        function = BY_NAME.get(name)
        # an argument that is not needed must not fail the record:
        # `iif(x, null, parse_date(y))`
        return [
            LazyArgument(partial(self.visit, child, value))
            if function is not None and function.parameter(position).lazy
            else self.visit(child, value)
            for position, child in enumerate(arguments)
        ]

    def _present(self, name: str, arguments: Sequence[Node], value: Any) -> Any:
        """Visit a function that asks whether a value exists; an absent key is then an answer.

        A misshapen value is not an answer, nor is a value that depends on something else, such as a
        filter's condition.
        """
        asks_all = name in ("is_blank", "is_present", "not_null")
        is_none = is_blank if name != "not_null" else lambda value: value is None
        asked: list[Evaluation] = []
        for each in arguments:
            asked.append(self._asked(each, value))
            if not asks_all and not is_blank(asked[-1].value):
                break
        said = [
            each.truth if is_list(node) else each.exact
            for node, each in zip(arguments, asked, strict=False)
        ]
        stays = tuple(gap for gaps in said for gap in gaps if gap.wrong or gap.chooses)
        self._gather(stays, stays, left_open(stays))
        if name in ("is_blank", "is_present"):
            return self.library.call_function(name, [asked[0].value])
        chosen = next((each for each in asked if not is_none(each.value)), None)
        if chosen is None and name == "default":
            chosen = asked[-1]  # its presence is not in question
        if chosen is not None:
            self._gather(chosen.exact, chosen.exact, chosen.written)
        return None if chosen is None else chosen.value

    def _chosen(self, arguments: Sequence[Node], value: Any) -> Any:
        """Visit the condition of `iif()`, and only the branch that it chooses."""
        condition = self._asked(arguments[0], value)
        branch = self._asked(arguments[1 if holds(condition.value) else 2], value)
        chooses = choosing(condition.truth)
        truth = (*chooses, *branch.exact)
        self._gather(truth, truth, (*chooses, *branch.written))
        return branch.value

    def _of_rows(self, node: Node, value: Any) -> Any:
        """Visit a table of rules up to the first row that certainly fits, and return its answer.

        If an earlier row may fit as well, there is only an answer if it is the same.
        """
        table, read = table_of(node), dict[int, Evaluation]()
        unknown: Gaps = ()
        fitting: list[Node] = []
        sure = False
        for row in table.rows:
            gaps = self._fit(table, row, read, value)
            if gaps is None:
                continue
            fitting.append(row.then)
            unknown = joined(unknown, gaps)
            if not gaps:
                sure = True
                break
        if sure and unknown and self._are_same(fitting, value):
            return self._asked(fitting[0], value).value
        chooses = choosing(unknown)
        if not sure:
            self._gather(chooses, chooses, chooses)
            if unknown and self.deciding:
                return None
            raise no_row(node)
        answer = self._asked(fitting[-1], value)
        truth = (*chooses, *answer.exact)
        self._gather(truth, truth, (*chooses, *answer.written))
        return answer.value

    def _fit(
        self, table: RowTable, row: TableRow, read: dict[int, Evaluation], value: Any
    ) -> Gaps | None:
        """Return the gaps that a row's fit depends on, none if it fits; None if it does not fit.

        `read` are the columns that have been visited.
        """
        unknown: Gaps = ()
        for column, fitting in row.cells.items():
            if column not in read:
                read[column] = self._asked(table.columns[column], value)
            asked = read[column]
            if asked.exact:
                unknown = joined(unknown, asked.exact)
            elif comparable_cell(asked.value) not in fitting:
                near = table.near(column, asked.value)
                how = next((near[each] for each in near if each in fitting), "")
                if not how:
                    return None
                path = path_in(table.columns[column])
                place = "a column of the table" if path is None else path_text(path)
                unknown = joined(unknown, (Gap(place, how, held=True, named=True),))
        return unknown

    def _are_same(self, nodes: Sequence[Node], value: Any) -> bool:
        """Return whether nodes certainly have the same value."""
        found = [self._attempted(each, value) for each in nodes]
        values = {identity(each.value) for each in found}
        return len(values) == 1 and not any(each.exact for each in found)


_NOTHING = Evaluation(None)
