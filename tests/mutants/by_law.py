"""The mutants by law: two or more for each of the laws 1 to 19, found by that law's own tests."""

from dataclasses import replace

from table import LAWS, LINKS, MUTANTS, Mutant

ACCESS = "tests/laws/test_access_laws.py"
TESTS = {n: f"{LAWS} -k law_{n:02}" for n in (*range(1, 14), 16)} | {
    14: "tests/laws/test_silence_law.py",
    15: "tests/laws/test_replay.py",
    17: LINKS,
    18: f"{ACCESS} -k law_18",
    19: f"{ACCESS} -k law_19",
}
"""The tests of each law. Law 15 speaks of any program beside the interpreter: of replay's."""

SHARED: dict[int, tuple[str, ...]] = {
    4: ("always-differs", "keyless-created"),
    6: ("blank-is-created", "always-differs"),
    7: ("match-claimed-again",),
    8: ("match-first-row", "match-first-candidate"),
    9: ("ineligible-synced",),
    10: ("claims-off", "unless-taken-ignored"),
    11: ("leavers-created",),
    13: ("absent-key-is-blank", "absent-field-is-blank", "unsaid-leaver-comes-back"),
    16: ("absent-status-is-no-answer", "blank-status-is-an-answer", "unsaid-leave-leaves-again"),
    17: ("link-gone-is-created", "absent-is-not-asked"),
    18: ("access-waits-for-other-fields", "access-waits-for-evaluation"),
    19: ("refused-leaver-is-forgotten", "conflicting-leaver-is-forgotten"),
}
"""Mutants that stand in `table` already."""


def _own(law: int, name: str, module: str, old: str, new: str, why: str) -> tuple[int, Mutant]:
    return law, Mutant(name, module, old, new, why, TESTS[law])


def _whose(name: str, module: str, old: str, new: str, why: str) -> tuple[int, Mutant]:
    return 19, Mutant(name, module, old, new, why, "tests/laws/test_whose_access.py")


def _nearest(name: str, module: str, old: str, new: str, why: str) -> tuple[int, Mutant]:
    return 19, Mutant(name, module, old, new, why, "tests/laws/test_better_matches.py")


OWN = (
    _own(
        1,
        "source-record-is-changed",
        "mapping/interpreter",
        "        values, failure = self._key_values(self.code.match_source, record)\n",
        '        record.data["seen"] = True\n'
        "        values, failure = self._key_values(self.code.match_source, record)\n",
        "to evaluate a record changes nothing of it",
    ),
    _own(
        1,
        "source-id-is-written-to",
        "applying/gates",
        "    return id, writer.update(id, values, token)\n",
        "    return id, writer.update(action.source_id, values, token)\n",
        "what is written goes to the target's record",
    ),
    _own(
        2,
        "overwrite-fills-blanks-alone",
        "planning/diff",
        "write is Write.OVERWRITE or (write is Write.IF_EMPTY and present(held) is None):",
        "write in (Write.OVERWRITE, Write.IF_EMPTY) and present(held) is None:",
        "`overwrite` keeps a field equal, whatever the target holds",
    ),
    _own(
        2,
        "overwrite-never",
        "planning/diff",
        "if write is Write.OVERWRITE or (",
        "if (",
        "`overwrite` is written at an update",
    ),
    _own(
        3,
        "other-field-is-written",
        "applying/preconditions",
        "            nested = with_value(nested, path_of(change.field), value)\n",
        '            nested = with_value(nested, path_of(f"{change.field}_"), value)\n',
        "nothing outside of the mapping is written",
    ),
    _own(
        3,
        "report-deactivates-the-unmatched",
        "planning/absent",
        "        if program.policy.absent is Absent.DEACTIVATE and draft",
        "        if program.policy.absent is not Absent.IGNORE and draft",
        "whom no source record matches is left alone, but for `absent: deactivate`",
    ),
    _own(
        5,
        "rows-in-order-of-reading",
        "planning/planner",
        "sorted(screened.rows, key=lambda row: (row.key, row.source_id))",
        "list(screened.rows)",
        "the order of source records decides nothing",
    ),
    _own(
        5,
        "targets-in-order-of-reading",
        "planning/planner",
        "sorted(screened.targets, key=lambda each: each.target_id)",
        "list(screened.targets)",
        "the order of target records decides nothing",
    ),
    _own(
        7,
        "two-rows-with-one-key",
        "planning/match",
        "    if len(claimants) > 1:\n",
        "    if len(claimants) > 2:\n",
        "no two records are created with one key",
    ),
    _own(
        9,
        "first-rule-is-not-named",
        "planning/outcomes",
        "            return Draft(Kind.INELIGIBLE, row, target, reasons=unfit)\n",
        "            return Draft(Kind.INELIGIBLE, row, target, reasons=unfit[1:])\n",
        "every rule that fails is named",
    ),
    _own(
        11,
        "leave-without-a-change",
        "planning/outcomes",
        "        if not changes:\n            return mover._replace(has_access",
        "        if False:\n            return mover._replace(has_access",
        "whom nothing of `leavers.set` is to be written to does not leave again",
    ),
    _own(
        12,
        "first-outcome-is-lost",
        "planning/planner",
        "mark_reopened(named, self.matches",
        "mark_reopened(named[1:], self.matches",
        "every record that was read has an outcome",
    ),
    _own(
        12,
        "absent-are-not-told",
        "planning/absent",
        "if each.target_id not in owned]",
        "if each.target_id not in owned and not each.left]",
        "every target record that nobody matches has an outcome",
    ),
    _own(
        14,
        "actions-in-clear",
        "planning/assemble",
        "        if value is None or not rule.sensitive:\n",
        "        if value is None or True:\n",
        "no sensitive value is in a plan",
    ),
    _own(
        14,
        "missed-codes-in-clear",
        "mapping/field_cells",
        "    return MASK if rule.sensitive else str(value)\n",
        "    return str(value)\n",
        "a value that was not found may be sensitive",
    ),
    _own(
        14,
        "broken-values-in-clear",
        "mapping/values_read",
        " if not hidden]",
        "]",
        "the value that broke an expression may be sensitive",
    ),
    _own(
        15,
        "replay-knows-no-leaver",
        "runs/compare/evaluate",
        "            return self.row.leaver\n",
        "            return False\n",
        "what is evaluated again is what the interpreter made of it",
    ),
    _own(
        15,
        "replay-forgets-how-one-leaves",
        "runs/compare/evaluate",
        "            return super().leaves_as(cells)\n",
        "            return None, None\n",
        "what is evaluated again is what the interpreter made of it",
    ),
    _own(
        19,
        "leaver-let-in-for-another",
        "planning/planner",
        "mark_reopened(named, self.matches, possible)",
        "named",
        "a record that is brought back may be a leaver's as well",
    ),
    _own(
        19,
        "doubted-leaver-is-forgotten",
        "planning/planner",
        "mark_doubted(self.program, named, evidence, possible)",
        "named",
        "who was known to have left stays in the list while that is in doubt",
    ),
    _own(
        19,
        "doubted-leaver-is-screened",
        "planning/screen",
        " | evidence.doubted.keys()",
        "",
        "who is in doubt is not quiet",
    ),
    _own(
        19,
        "leave-in-vain-is-a-leave",
        "planning/outcomes",
        "if after is LeftAnswer.STAYS and not self.leaving.untold(row):",
        "if False:",
        "a leave after which `left` does not hold is none",
    ),
    _own(
        19,
        "equal-is-left",
        "planning/leaving",
        "        return self.answer(target, (), ()) in (LeftAnswer.STAYS, LeftAnswer.UNKNOWN)\n",
        "        return False\n",
        "that nothing differs does not say that somebody has left",
    ),
    _own(
        19,
        "unknown-is-left",
        "planning/outcomes",
        "            unsaid = self.leaving.unsaid(row, after)\n            mover = mover._replace("
        "reasons=(*mover.reasons, *unsaid))\n",
        "",
        "what is not known to keep somebody out does not",
    ),
    _own(
        19,
        "unread-rows-tell-nothing",
        "mapping/interpreter",
        "                row = row._replace(leaver=self._decides_surely("
        "self.code.leaver, seen, _LEAVER))\n",
        "                pass\n",
        "what can be read of a record says whether its person has left",
    ),
    _own(
        19,
        "not-known-is-not-left",
        "planning/outcomes",
        "has_access = row.may_have_left and self.possible.may_get_in(row, found)",
        "has_access = False",
        "who may have left is named",
    ),
    _own(
        19,
        "unread-rows-have-no-record",
        "planning/possible_records",
        "        if row.readable_keys and maybe:\n",
        "        if row.readable_keys:\n",
        "an unreadable row that finds no target record may be anybody's",
    ),
    _own(
        19,
        "unread-rows-are-anybodys",
        "planning/planner",
        "**readable, ",
        "",
        "the keys in an unreadable row say whose it is",
    ),
    _own(
        19,
        "near-leavers-are-nobodys",
        "planning/planner",
        ", **self._possible(self.records)",
        "",
        "a leaver whose key is written otherwise has an account that may be theirs",
    ),
    _own(
        18,
        "lost-values-keep-in",
        "mapping/interpreter",
        "        return row if sure is None else sure._replace(label=name)\n",
        "        return row\n",
        "a leave waits for no value that it does not depend on",
    ),
    _own(
        18,
        "lost-values-are-blank",
        "mapping/interpreter",
        " and leave_of(sure) == leave_of(perhaps)",
        "",
        "what is lost may have been anything, and is no blank",
    ),
    _whose(
        "second-records-are-nobodys",
        "planning/planner",
        "second_records(self.records, listed=bool(self.evidence.doubted))",
        "{}",
        "a leaver's second record lets them in",
    ),
    _whose(
        "unread-records-are-nobodys",
        "planning/similar/second_records",
        "    if hidden:\n",
        "    if False:\n",
        "a record that cannot be read may be a leaver's second one",
    ),
    _whose(
        "unread-leavers-have-only-a-key",
        "mapping/interpreter",
        'row._replace(cells=strict._said(replace(seen, problem="", damage="")))',
        "row",
        "an email or a name tells whose record lets in a leaver whose row cannot be read",
    ),
    _whose(
        "nothing-is-read-of-an-unread-record",
        "mapping/rows",
        "self._replace(keys=self.readable_keys) if self.readable_keys else self",
        "self",
        "the key that can be read of a record tells whose it is",
    ),
    _whose(
        "lost-values-say-that-a-record-has-left",
        "mapping/interpreter",
        "row._replace(left=self._decides_surely(self.code.left, seen, HAS_LEFT))",
        "row._replace(left=self.code.left is not None)",
        "only what can be read of a record says that it has left",
    ),
    _whose(
        "second-records-have-the-very-key",
        "planning/similar/second_records",
        '                yield f"{what} in another form", near\n',
        "",
        "a leaver's second account under the key in another form lets them in",
    ),
    _whose(
        "a-key-alone-locks-out",
        "planning/guards",
        "action.verb.takes_access and not (outcome.only_by_key or of_others)",
        "action.verb.takes_access",
        "nobody is locked out by another person's code",
    ),
    _whose(
        "other-peoples-leavers-leave",
        "planning/guards",
        "2 * len(matched) > plan.managed",
        "False",
        "another company's leavers lock out nobody",
    ),
    _whose(
        "second-key-tells-nothing",
        "planning/doubted_matches",
        "    likeness = likeness_beside(policy, row, target, after=level)\n",
        "    likeness = likeness_of(policy, row, target)\n",
        "a newcomer with a leaver's code gets no account of theirs",
    ),
    _whose(
        "a-value-is-asked-for-and-blank",
        "mapping/expressions/expression",
        "each.keys for each in self.paths",
        "each.keys for each in self.comparisons",
        "a blank takes nobody out of scope, where a rule asks for any value as well",
    ),
    _nearest(
        "nearer-records-hold-nothing",
        "planning/assemble",
        "        nearer = self.nearer.get(row.source_id)\n",
        "        nearer = None\n",
        "a key writes to no record while another one is nearer to its person",
    ),
    _nearest(
        "nearer-records-are-not-listed",
        "planning/better_matches",
        "        for target in found.alone\n",
        "        for target in found.alone[:0]\n",
        "a leaver may get in by the record that is nearer to them",
    ),
    _nearest(
        "exchanged-records-are-not-compared",
        "planning/better_matches",
        "            self.own_scores[id] = self._score(owner, target)\n",
        "            self.own_scores[id] = len(self.policy.fields) + 9\n",
        "two people with each other's codes are nearer to each other's records",
    ),
    _nearest(
        "a-link-is-support-though-the-id-is-the-key",
        "planning/similar/same_person",
        "        one == other and one is not None and is_id(row, value)",
        "        False and is_id(row, value)",
        "a link that repeats the key says no more than the key",
    ),
    _nearest(
        "namesakes-are-created-while-theirs-goes",
        "planning/assemble",
        "return (reason,) if reason is not None else ()",
        "return ()",
        "nobody gets a second account while a record of their name is deactivated",
    ),
    _nearest(
        "spared-records-go-the-night-after",
        "planning/better_matches",
        "return draft.access is not None or draft.reasons[0].code in SPARED",
        "return draft.access is not None",
        "nobody is created whose record the next plan deactivates",
    ),
    _nearest(
        "namesakes-of-leavers-are-nobodys",
        "planning/similar/near_misses",
        "    named = by_name(unlinked.values(), naming)\n",
        "    named = by_name((e for e in unlinked.values() if not any(e.keys)), naming)\n",
        "a leaver without a record may have the one of their name, whatever its key",
    ),
    _nearest(
        "sensitive-keys-have-no-near-ones",
        "planning/similar/near_misses",
        "    for level in range(len(policy.match)):\n        index = by_loose_key(free, level)\n",
        "    for level in range(len(policy.match)):\n"
        "        index = _index(free if policy.key_shown[level] else (), level)\n",
        "a key is near to another one also where it must not be shown",
    ),
    _own(
        19,
        "blank-leave-date-clears",
        "planning/outcomes",
        "        if row.leaver:\n            row = kept_out(self.policy, row)\n",
        "",
        "a blank leave date lets nobody in",
    ),
)


def by_law() -> dict[int, tuple[Mutant, ...]]:
    """Return the mutants of each law, with that law's tests."""
    known = {each.name: each for each in MUTANTS}
    found: dict[int, list[Mutant]] = {law: [] for law in range(1, 20)}
    for law, names in SHARED.items():
        for name in names:
            each = known[name]
            # Who is hidden from the source is looked for by a run, which no world in memory is.
            tests = each.tests if each.tests.startswith("tests/cli") else TESTS[law]
            found[law].append(replace(each, tests=tests))
    for law, mutant in OWN:
        found[law].append(mutant)
    return {law: tuple(mutants) for law, mutants in found.items()}
