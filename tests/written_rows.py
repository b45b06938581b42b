"""A plain model of what does not stick: how many runs in a row wrote each change."""

from oneway.planning.plan import Action, Plan, Verb

ENOUGH = {
    Verb.CREATE: 2,
    Verb.LEAVE: 2,
    Verb.DEACTIVATE: 2,
    Verb.UPDATE: 3,
    Verb.REACTIVATE: 3,
}
"""So many runs in a row that write the same: it does not stick."""


class WrittenRows:
    """What was written in a row, as long as it is planned; knows nothing of digests or a store."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], tuple[object, int]] = {}

    def wrote(self, action: Action) -> None:
        """An action was done."""
        for field, value in _parts(action).items():
            before, times = self.rows.get((action.id, field), (None, 0))
            self.rows[action.id, field] = (value, times + 1 if before == value else 1)

    def forget_all_but(self, plan: Plan) -> None:
        """A run came to its end: what it did not plan has stuck."""
        known = {(each.id, field) for each in plan.actions for field in _parts(each)}
        self.rows = {key: row for key, row in self.rows.items() if key in known}

    def runs(self, action: Action, more: int = 0) -> int:
        """Return how many runs in a row wrote what does not stick of an action; 0 where it sticks.

        `more` counts the run that is still to come.
        """
        found = [
            times
            for field, value in _parts(action).items()
            for before, times in [self.rows.get((action.id, field), (None, 0))]
            if before == value and times + more >= ENOUGH[action.verb]
        ]
        return max(found, default=0)


def _parts(action: Action) -> dict[str, object]:
    if action.verb is Verb.CREATE:
        return {"": "a record"}
    leaves = action.verb.takes_access
    return {e.field: (leaves, e.before, None if leaves else e.after) for e in action.changes}
