"""Finds the keys of records whose values must not be shown."""

from functools import cached_property

from oneway.core.description import Resource
from oneway.core.paths import path_of
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Expression
from oneway.mapping.resolver import Resolver
from oneway.mapping.spec import FieldSpec, Text
from oneway.mapping.values_read import Secrets


class SensitiveKeys:
    """What is sensitive by the record schemas, and by what a mapping says of its fields."""

    def __init__(self, names: Resolver, source: Resource, target: Resource) -> None:
        self.names = names
        self.spec = names.spec
        self.source = source
        self.target = target

    @cached_property
    def marked(self) -> frozenset[tuple[str, ...]]:
        """The sensitive keys of source records: what the schema marks, and what a field says.

        A sensitive field says so of the key that it reads, unless it reads several.
        """
        found = {path_of(name) for name, each in self.source.fields.items() if each.sensitive}
        leavers = self.spec.leavers
        for spec in (*self.spec.fields, *(leavers.set if leavers else ())):
            target = self.target.fields.get(spec.path)
            if spec.source is None or not (spec.sensitive or (target and target.sensitive)):
                continue
            expression = self.names.quietly(spec.source)
            read = {use.keys for use in expression.paths} if expression is not None else set()
            if len(read) == 1:
                found |= read
        return frozenset(found)

    def is_sensitive(self, text: Text) -> bool:
        """Return whether an expression on a source record reads anything sensitive."""
        expression = self.names.quietly(text)
        if expression is None:
            return True
        return self._reads_marked(expression)

    def reads_secret(self, spec: FieldSpec) -> bool:
        """Return whether any possible value of a field comes from a sensitive key."""
        texts = (spec.source, spec.default, spec.initial)
        found = (self.names.quietly(each) for each in texts if isinstance(each, Text))
        return any(each is not None and self._reads_marked(each) for each in found)

    def _reads_marked(self, expression: Expression) -> bool:
        """Return whether an expression reads a key of source records that is sensitive."""
        return expression.reads_any(self.marked)

    def secrets(self, code: MappingCode) -> Secrets:
        """Return the paths whose values must not be shown with an error."""
        source = {path_of(name) for name, each in self.source.fields.items() if each.sensitive}
        target = {path_of(name) for name, each in self.target.fields.items() if each.sensitive}
        hidden: list[Expression] = []
        for each in (*code.fields, *code.leaving):
            if each.rule.sensitive:
                target.add(each.rule.keys)
                hidden += each.expressions
        for shown, key, held in zip(
            code.policy.key_shown, code.match_source, code.match_target, strict=True
        ):
            if not shown:
                hidden.append(key.expression)
                target |= {use.keys for use in held.paths}
        source |= {use.keys for each in hidden for use in each.paths}
        if any(each.facts.whole for each in hidden):
            source.add(())
        return Secrets(frozenset(source), frozenset(target))
