"""A second opinion: what the specification says becomes of each record, as plainly as it goes.

Written from the language's specification over the mapping's plain data, not from the planner:
expressions are Python functions, claims are settled by trying every write until none is left
that can be done. It knows the expressions, and only those, that `strategies` draws.
"""

import copy
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from unicodedata import normalize

from memory import leaves, merged
from worlds import LONGEST_NAME, NEW_USER, SOURCE_TYPES, STATUSES, TARGET_TYPES, World

Data = dict[str, Any]
DAY = re.compile(r"\d{4}-\d\d-\d\d")
GONE = object()
"""A key that is absent."""


class Failed(Exception):
    """An expression has no value on a record."""


class Unsaid(Failed):
    """A condition hangs on a key that the record does not have."""


def blank(value: Any) -> bool:
    return value is None or value is GONE or value in ([], {}) or (
        isinstance(value, str) and not re.sub("[\\s\u00ad\u200b-\u200f\u2060\ufeff]", "", value)
    )  # fmt: skip


def get(data: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(data, dict) or key not in data:
            return GONE
        data = data[key]
    return data


@dataclass
class Reader:
    """Reads a record, and remembers whether everything it was asked for was there."""

    data: Data
    today: date
    on: bool
    nulls: bool = False
    stated: bool = True

    def path(self, path: str) -> Any:
        value: Any = self.data
        for key in path.split("."):
            if isinstance(value, dict) and key in value:
                value = value[key]
            else:
                null = value is None or (self.nulls and isinstance(value, dict))
                self.stated = self.stated and null
                value = None
        return value

    def either(self, left: str, right: Callable[[], Any]) -> Any:
        value = self.path(left)
        return right() if not holding(value) else value

    def both(self, left: str, right: Callable[[], Any]) -> Any:
        value = self.path(left)
        return right() if holding(value) else value

    def lower(self, path: str) -> Any:
        value = self.path(path)
        if value is not None and not isinstance(value, str):
            raise Failed
        return value if value is None else value.lower()

    def contains(self, path: str, what: str) -> bool:
        value = self.path(path)
        if not isinstance(value, str | list):
            raise Failed
        return what in value

    def day(self, path: str) -> date | None:
        value = self.path(path)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise Failed from None


EXPRESSIONS: dict[str, Callable[[Reader], Any]] = {
    "nick || name": lambda r: r.either("nick", lambda: r.path("name")),
    "lower(mail)": lambda r: r.lower("mail"),
    "leave || today()": lambda r: r.either("leave", lambda: r.today.isoformat()),
    "status == 'L'": lambda r: r.path("status") == "L",
    "state == 'off'": lambda r: r.path("state") == "off",
    "setting('on')": lambda r: r.on,
    "!flag": lambda r: not holding(r.path("flag")),
    "flag || status == 'L'": lambda r: r.either("flag", lambda: r.path("status") == "L"),
    "flag && name": lambda r: r.both("flag", lambda: r.path("name")),
    "contains(tags, 'x')": lambda r: r.contains("tags", "x"),
    "is_past(leaveDate)": lambda r: (day := r.day("leaveDate")) is not None and day < r.today,
    "is_future(leaveDate)": lambda r: (day := r.day("leaveDate")) is not None and day > r.today,
}


READS = {
    "nick || name": ["nick", "name"],
    "lower(mail)": ["mail"],
    "leave || today()": ["leave"],
    "status == 'L'": ["status"],
    "state == 'off'": ["state"],
    "setting('on')": [],
    "!flag": ["flag"],
    "flag || status == 'L'": ["flag", "status"],
    "flag && name": ["flag", "name"],
    "contains(tags, 'x')": ["tags"],
    "is_past(leaveDate)": ["leaveDate"],
    "is_future(leaveDate)": ["leaveDate"],
}
"""The keys that an expression reads; any other expression is a path, and reads that."""

ANYTHING = [None, "L", "E", "off", "A1", True, False, 3, ["x"], [], "1999-01-01", "2999-01-01"]
"""What a key may hold that nobody has given: an answer that is the same for all hangs on none."""


def plain(value: Any) -> str:
    """Return what is left of a value without case and spaces."""
    return " ".join(str(value).split()).casefold()


def holding(value: Any) -> bool:
    return value is not False and not blank(value)


def same(left: Any, right: Any, compare: str = "exact") -> bool:
    """Compare two values; all blank ones are the same."""
    if blank(left) or blank(right):
        return blank(left) and blank(right)
    left, right = _normal(left, compare), _normal(right, compare)
    if isinstance(left, list) and isinstance(right, list):
        if compare == "unordered":
            left, right = sorted(map(repr, left)), sorted(map(repr, right))
        return len(left) == len(right) and all(map(same_json, left, right))
    return same_json(left, right)


def same_json(left: Any, right: Any) -> bool:
    left, right = _decomposed(left), _decomposed(right)
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _decomposed(value: Any) -> Any:
    return normalize("NFD", value) if isinstance(value, str) else value


def _normal(value: Any, compare: str) -> Any:
    if not isinstance(value, str):
        return value
    if compare == "ignore_case":
        return _decomposed(value).casefold()
    if compare == "trimmed":
        return value.strip()
    if compare == "date":
        try:
            return date.fromisoformat(value.strip()[:10])
        except ValueError:
            return value
    if compare == "number":
        try:
            return float(value)
        except ValueError:
            return value
    return value


def form_of(key: Any) -> str:
    """Return what is left of a key without case, spaces and leading zeros."""
    text = key if isinstance(key, str) else json.dumps(key)
    plain = "".join(normalize("NFKC", text).casefold().split())
    return re.sub(r"^([^\W\d_]*)0+(?=[0-9])", r"\1", plain)


@dataclass
class Person:
    """A source record on its way to an outcome."""

    id: str
    data: Data
    keys: list[Any] = field(default_factory=list)
    failed: bool = False
    keys_known: bool = True
    leaver: bool = False
    leaving_known: bool = False
    yet: bool = False
    """Whether the day on which a leaver leaves is to come."""
    matched: str | None = None
    level: int = -1
    """The key that decided who they are."""
    conflict: bool = False
    disputes: list[tuple[str, str]] = field(default_factory=list)
    maybe: set[str] = field(default_factory=set)
    """The users over whom there is a conflict."""
    refused: bool = False
    kind: str = ""
    writes: Data = field(default_factory=dict)
    access: Data = field(default_factory=dict)
    """What takes access away, whatever becomes of `writes`."""
    leaves: bool = False
    """Whether `access` is written whatever becomes of `writes`."""

    @property
    def gone(self) -> bool:
        return self.leaver and not self.yet


@dataclass
class User:
    """A target record."""

    id: str
    data: Data
    keys: list[Any]
    failed: bool = False
    unsaid: bool = False
    keys_known: bool = True
    left: bool = False
    scheduled: bool = False


def held_by(user: User, path: str) -> Any:
    """Return what a target record holds; nothing if it cannot be evaluated."""
    return GONE if user.failed else get(user.data, path)


def form(value: Any) -> str:
    """Return a key without case, spaces and leading zeros, whatever its type."""
    text = "".join(to_text(value).casefold().split())
    return re.sub(r"^([^\W\d_]*)0+(?=[0-9])", r"\1", text)


def to_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@dataclass
class Prediction:
    """What becomes of every source record, and what the target holds afterwards."""

    kinds: dict[str, str]
    target: dict[str, Data]


def predict(world: World) -> Prediction:
    """Return what the specification says of a world."""
    return _Model(world).predict()


@dataclass
class _Forms:
    """One match key, with all that is a matter of form taken away."""

    level: int
    compare: str
    people: list[Person]
    users: dict[str, User]

    def held(self) -> set[str]:
        """Put those in conflict who may be there twice; return whose users that may be."""
        new = [p for p in self.people if not (p.matched or p.conflict or p.leaver)]
        twice = [p for p in new if any(self.weighs(q) and self.differ(p, q) for q in self.people)]
        out = [p for p in self.people if p.leaver and p.matched and not self.users[p.matched].left]
        out = [p for p in out if self.weighs(p) and any(self.differ(p, q) for q in twice)]
        spoken = {p.matched for p in out if p.matched}
        for person in (*twice, *out):
            near = {u.id for u in self.users.values() if self.form(u) == self.form(person)}
            person.maybe = near | ({person.matched} if person.matched else set())
            spoken |= near
            person.matched, person.conflict, person.level = None, True, self.level
        return spoken

    def form(self, record: Person | User) -> str | None:
        value = record.keys[self.level] if self.level < len(record.keys) else None
        if value is None:
            return None
        text = value if isinstance(value, str) else json.dumps(value)
        text = "".join(normalize("NFKC", text).split()).casefold()
        return re.sub("^([a-z]*)0+(?=[0-9])", r"\1", text)

    def differ(self, one: Person, other: Person) -> bool:
        if self.form(one) is None or self.form(one) != self.form(other):
            return False
        return not same(one.keys[self.level], other.keys[self.level], self.compare)

    def weighs(self, person: Person) -> bool:
        """Return whether a person would be in conflict with another who has the same key."""
        if not person.matched and not person.conflict:
            return not person.leaver
        if person.level >= self.level or not person.matched:
            return person.level >= self.level
        return self.form(self.users[person.matched]) == self.form(person)


class _Model:
    def __init__(self, world: World) -> None:
        self.world = world
        self.mapping = world.mapping
        self.today = world.as_of.date()
        self.fields: dict[str, Data] = {p: _long(r) for p, r in self.mapping["fields"].items()}
        self.leavers = self.mapping.get("leavers") or {}
        self.setting = {p: _long(r) for p, r in self.leavers.get("set", {}).items()}

    def predict(self) -> Prediction:
        people = [
            self.person(r.id, dict(r.data), r.problem or r.damage)
            for r in self.world.source.records
        ]
        users = [self.user(r.id, dict(r.data), r.problem) for r in self.world.target.records]
        spoken = self.match(people, users)
        spoken |= self.told_twice(people, {user.id: user for user in users})
        self.came_back(people, {user.id: user for user in users})
        if self.mapping.get("rehires") == "reactivate":
            self.back_on_a_guess(people, {user.id: user for user in users})
        self.disputed = {(user, key) for p in people for user, key in p.disputes}
        by_id = {user.id: user for user in users}
        unseen = not self.world.target.complete or any(not user.keys_known for user in users)
        for person in people:
            self.decide(person, by_id.get(person.matched or ""), unseen)
        nobody = [self.absent(user, people, spoken) for user in users]
        while True:
            trial = copy.deepcopy([*people, *nobody])
            target = self.settle(trial, users)
            people_now, nobody_now = trial[: len(people)], trial[len(people) :]
            spared = [
                n
                for n, each in enumerate(nobody_now)
                if each.access and any(self.may_be(p, users[n]) for p in people_now)
            ]
            if not spared:
                break
            for n in spared:
                nobody[n].access = {}
        return Prediction({person.id: person.kind for person in people_now}, target)

    def may_be(self, person: Person, user: User) -> bool:
        """Return whether a record that matches nothing holds what is the user's, or the names."""
        if person.matched or person.gone or person.failed or person.kind == "create":
            return False
        taken = self.mapping["joiners"]["unless_taken"]
        for path in self.fields.keys() & (self.world.unique | set(taken)):
            state, value, initial = self.says(path, self.fields[path], person.data)
            value = initial if not blank(initial) else value if state == "stated" else None
            if not blank(value) and same(value, get(user.data, path), self.told_apart(path)):
                return True
        return self.is_namesake(person, user)

    def is_namesake(self, person: Person, user: User) -> bool:
        """Return whether a person has all of a user's names that several people may share."""
        names = [path for path in self.names() if path not in self.watched()]
        for path in names:
            state, value, initial = self.says(path, self.fields[path], person.data)
            said = initial if not blank(initial) else value if state == "stated" else None
            held = get(user.data, path)
            if blank(said) or self.is_constant(path, said):
                return False
            if blank(held) or form_of(said) != form_of(held):
                return False
        return bool(names)

    # Evaluation

    def value(self, expression: str, data: Data) -> tuple[Any, bool]:
        # No record at all says nothing, whatever the system says of absent keys.
        nulls = self.world.leaves_out_nulls and data != {}
        reader = Reader(data, self.today, self.world.on, nulls)
        if expression in EXPRESSIONS:
            return EXPRESSIONS[expression](reader), reader.stated
        value = reader.path(expression)
        wanted = SOURCE_TYPES.get(expression) if self.world.typed else None
        if wanted and not blank(value) and not _is(value, wanted):
            raise Failed
        return value, reader.stated

    def holds(self, expression: str | None, data: Data) -> bool:
        if expression is None:
            return False
        reader = Reader(data, self.today, self.world.on)
        known = EXPRESSIONS.get(expression)
        value = known(reader) if known else reader.path(expression)
        return value is not False and not blank(value)

    def hangs(self, expression: str, data: Data, answer: Callable[[Any], Any]) -> bool:
        """Return whether an answer is another one where a key that is not given holds this or that.

        What cannot be evaluated for one value of it hangs on that key as well.
        """
        gone = [p for p in READS.get(expression, [expression]) if self.not_given(data, p)]
        if not gone:
            return False
        seen = set()
        for values in itertools.product(ANYTHING, repeat=len(gone)):
            filled = copy.deepcopy(data)
            for path, value in zip(gone, values, strict=True):
                filled = filled_in(filled, path.split("."), value)
            reader = Reader(filled, self.today, self.world.on)
            known = EXPRESSIONS.get(expression)
            try:
                seen.add(answer(known(reader) if known else reader.path(expression)))
            except Failed:
                seen.add("failed")
        return len(seen) > 1

    def not_given(self, data: Data, path: str) -> bool:
        """Return whether a key is absent, and neither it nor what should hold it is null."""
        value: Any = data
        for key in path.split("."):
            if isinstance(value, dict) and key in value:
                value = value[key]
                continue
            if value is None:
                return False
            return not (isinstance(value, dict) and self.world.leaves_out_nulls)
        return False

    def fit(self, expression: str, data: Data) -> bool:
        """Return whether what a condition reads is what the record schema declares."""
        if not self.world.typed:
            return True
        for path in READS.get(expression, [expression]):
            value = get(data, path)
            if value is GONE:
                continue
            if path == "status" and value not in STATUSES:
                return False
            wanted = SOURCE_TYPES.get(path)
            if wanted and value is not None and not _is(value, wanted):
                return False
        return True

    def known(self, expression: str, data: Data) -> bool:
        """Return whether it is known that a condition holds, or does not."""
        return self.fit(expression, data) and not self.hangs(expression, data, holding)

    def decides(self, expression: str | None, data: Data) -> bool:
        if expression is not None and self.hangs(expression, data, holding):
            raise Unsaid
        if expression is not None and not self.fit(expression, data):
            raise Failed
        return self.holds(expression, data)

    def allows(self, expression: str, data: Data) -> bool:
        return self.known(expression, data) and self.holds(expression, data)

    def misshapen(self, data: Data, path: str) -> bool:
        """Return whether something other than an object stands on the way to a key."""
        value: Any = data
        for key in path.split("."):
            if not isinstance(value, dict):
                return value is not None
            value = value.get(key)
        return False

    def unknown_key(self, expression: str, data: Data) -> bool:
        if any(self.misshapen(data, path) for path in READS.get(expression, [expression])):
            raise Failed
        return self.hangs(expression, data, repr)

    def key(self, value: Any) -> Any:
        if isinstance(value, list | dict) and not blank(value):
            raise Failed
        return None if blank(value) else value

    def person(self, id: str, data: Data, problem: str) -> Person:
        person = Person(id, data)
        if problem:
            person.failed, person.keys_known = True, False
            return person
        try:
            for key in self.mapping["match"]:
                if self.unknown_key(key["source"], data):
                    person.keys_known = False
                    break
                person.keys.append(self.key(self.value(key["source"], data)[0]))
        except Failed:
            person.failed, person.keys_known = True, False
        try:
            person.leaver = self.decides(self.leavers.get("when"), data)
            for path, rule in self.setting.items():
                self.says(path, rule, data)
            if person.leaver:
                left = self.left_after(data)  # an impossible date would lock somebody in
                person.yet = left is False and self.kept_out(data) == self.setting
            person.leaving_known = True
            for rule in self.mapping["eligible"]:
                self.allows(rule["when"], data)
            for path, rule in self.fields.items():
                self.says(path, rule, data)
        except Failed:
            person.failed = True
        return person

    def user(self, id: str, data: Data, problem: str) -> User:
        user = User(id, data, [])
        try:
            if problem:
                raise Failed
            for key in self.mapping["match"]:
                if self.unknown_key(key["target"], data):
                    user.keys_known = False
                    break
                value = get(data, key["target"])
                user.keys.append(self.key(None if value is GONE else value))
        except Failed:
            user.failed, user.keys_known = True, False
            if problem:
                return user
        try:
            user.left = self.decides(self.leavers.get("left"), data)
            user.scheduled = not user.left and self.is_due(data)
        except Failed as failure:
            user.failed, user.unsaid = True, isinstance(failure, Unsaid)
        return user

    def is_due(self, data: Data) -> bool:
        """Return whether a record is due to leave; by `left` itself, if nothing else says so."""
        if "scheduled" in self.leavers:
            return self.decides(self.leavers["scheduled"], data)
        set_ = dict.fromkeys(self.setting)
        today = self.today
        try:
            self.today = today + timedelta(days=18_250)
            left = self.leavers.get("left")
            return self.holds(left, data) and not self.holds(left, {**data, **set_})
        finally:
            self.today = today

    def is_meant(self, person: Person, user: User) -> bool:
        """Return whether a day to come, of which only `left` tells, is the source's own day."""
        rule = self.setting.get("leaveDate")
        if user.left or "scheduled" in self.leavers or not rule or "today" in rule["from"]:
            return False
        state, value, _ = self.says("leaveDate", rule, person.data)
        held = get(user.data, "leaveDate")
        return state == "stated" and same(held, value, rule.get("compare", "exact"))

    def says(self, path: str, rule: Data, data: Data) -> tuple[str, Any, Any]:
        """Return what a record says of a field: stated, blank, unstated, inactive or missed;
        the value; and what stands in for it at create.
        """
        if "when" in rule:
            if self.hangs(rule["when"], data, holding):
                return "unstated", None, None
            if not self.holds(rule["when"], data):
                return "inactive", None, None
        value, stated = (rule["value"], True) if "value" in rule else self.value(rule["from"], data)
        state = "stated" if not blank(value) else "blank" if stated else "unstated"
        if state == "blank" and value == [] and isinstance(rule.get("merge"), dict):
            state = "stated"  # none of those that the sync owns
        if state == "stated" and "lookup" in rule:
            state, value = self.looked_up(value, rule.get("on_miss"))
            if state != "stated":
                return state, None, None  # nothing stands in for a miss
        initial = None
        if state == "blank" and "default" in rule:
            default = self.stand_in(rule["default"], data)
            state, value = ("blank", None) if blank(default) else ("stated", default)
            initial = self.stand_in(rule.get("initial"), data)
        elif state in ("blank", "unstated"):
            initial = self.stand_in(rule.get("initial", rule.get("default")), data)
        for written in (value if state == "stated" else None, initial):
            self.demand_fit(path, written)
        if rule.get("merge", "replace") != "replace":
            given = (value if state == "stated" else None, initial)
            if any(not blank(each) and not isinstance(each, list) for each in given):
                raise Failed
            if any(not self.owns(rule, item) for each in given for item in each or []):
                raise Failed
        return state, value if state == "stated" else None, initial

    def owns(self, rule: Data, item: Any) -> bool:
        """Return whether a list's item is the sync's to add, and by `own` to take away."""
        if rule["merge"] == "add":
            return True
        own = rule["merge"]["own"]
        if isinstance(own, dict):
            return isinstance(item, str) and re.fullmatch(own["pattern"], item) is not None
        return any(same_json(item, each) for each in own)

    def stand_in(self, default: Any, data: Data) -> Any:
        return self.value(default["from"], data)[0] if isinstance(default, dict) else default

    def looked_up(self, value: Any, on_miss: Any = "keep") -> tuple[str, Any]:
        if isinstance(value, list | dict):
            raise Failed
        rows = [record.data for record in self.world.departments.records]
        broken = any(isinstance(row["code"], list) for row in rows)
        mine = [r["value"] for r in rows if not blank(r["code"]) and same_json(r["code"], value)]
        found = [each for each in mine if not blank(each)]
        if len(found) == 1:
            return "stated", found[0]
        complete = self.world.departments.complete and not broken
        says = any(not blank(r["code"]) and not blank(r["value"]) for r in rows)
        near = any(not blank(r["code"]) and form(r["code"]) == form(value) for r in rows)
        lacks = complete and says and not near
        if isinstance(on_miss, dict) and lacks:
            if "use" in on_miss:
                return "stated", on_miss["use"]
            return self.looked_up(on_miss["look_up"])
        known = on_miss == "clear" and not lacks
        return ("missed" if complete and not known else "unstated"), None

    def demand_fit(self, path: str, value: Any) -> None:
        if blank(value):
            return
        if "\ud800" in repr(value) or "\\ud800" in repr(value):
            raise Failed
        if self.world.typed and path in TARGET_TYPES and not _is(value, TARGET_TYPES[path]):
            raise Failed
        if self.world.typed and path == "fullName" and len(value) > LONGEST_NAME:
            raise Failed

    # Who is whom

    def match(self, people: list[Person], users: list[User]) -> set[str]:
        """Match key by key; return the users that some record speaks for."""
        spoken: set[str] = set()
        open_ = list(people)
        for level, key in enumerate(self.mapping["match"]):
            tried = [p for p in open_ if level < len(p.keys) and p.keys[level] is not None]
            now: set[str] = set()
            for person in tried:
                value, compare = person.keys[level], key["compare"]
                rivals = [p for p in tried if same(p.keys[level], value, compare)]
                found = [
                    u for u in users if level < len(u.keys) and same(u.keys[level], value, compare)
                ]
                if len(rivals) == 1 and not found:
                    continue
                open_.remove(person)
                person.level = level
                now |= {u.id for u in found}
                if len(rivals) == 1 and len(found) == 1 and found[0].id not in spoken:
                    person.matched = found[0].id
                else:
                    person.conflict = True
                    person.maybe = {u.id for u in found}
                    if len(rivals) == 1:
                        person.disputes = [(u.id, key["target"]) for u in found]
            spoken |= now
        return spoken

    def back_on_a_guess(self, people: list[Person], users: dict[str, User]) -> None:
        """Leave to a person whoever matches a leaver without being quite they."""
        for person in people:
            user = users[person.matched] if person.matched is not None else None
            if user is None or not user.left or person.gone or person.failed or user.failed:
                continue
            others = any(self.differs(person, user, path) for path in self.names())
            if others or self.has_another_key(person, user) or self.is_untold(person, user):
                person.conflict, person.matched = True, None
                key = self.mapping["match"][person.level]["target"]
                person.disputes = [(user.id, key)]

    def is_untold(self, person: Person, user: User) -> bool:
        """Return whether nothing but one key says that the two are one, though something could."""
        names = self.names()
        keys = zip(self.mapping["match"], person.keys, user.keys, strict=False)
        both = [(key, *pair) for key, *pair in keys if None not in pair]
        if sum(same(said, held, key["compare"]) for key, said, held in both) > 1:
            return False
        return bool(names) and not any(self.agrees(person, user, path) for path in names)

    def has_another_key(self, person: Person, user: User) -> bool:
        """Return whether a key after the one that found the user says that they are not they."""
        keys = zip(self.mapping["match"], person.keys, user.keys, strict=False)
        later = [*keys][person.level + 1 :]
        return any(
            said is not None and held is not None and not same(said, held, key["compare"])
            for key, said, held in later
        )

    def names(self) -> list[str]:
        """Return the fields that tell people apart, beside those of match keys."""
        taken = self.mapping["joiners"]["unless_taken"]
        keyed = {each["target"] for each in self.mapping["match"]}
        keyed |= {each["source"] for each in self.mapping["match"]}
        return [
            path
            for path, rule in self.fields.items()
            if path not in keyed and rule.get("from") not in keyed and "lookup" not in rule
            if rule.get("from") and (path in taken or re.search(r"\bname\b", rule["from"]))
        ]

    def differs(self, person: Person, user: User, path: str) -> bool:
        state, value, _ = self.says(path, self.fields[path], person.data)
        held = get(user.data, path)
        return (
            state == "stated" and not blank(held) and not same(held, value, self.told_apart(path))
        )

    def agrees(self, person: Person, user: User, path: str) -> bool:
        state, value, _ = self.says(path, self.fields[path], person.data)
        held = get(user.data, path)
        return state == "stated" and not blank(held) and same(held, value, self.told_apart(path))

    def told_twice(self, people: list[Person], users: dict[str, User]) -> set[str]:
        """Find people who may be there twice, under two forms of a key; return whose users."""
        spoken: set[str] = set()
        for level, key in enumerate(self.mapping["match"]):
            spoken |= _Forms(level, key["compare"], people, users).held()
        return spoken

    def came_back(self, people: list[Person], users: dict[str, User]) -> None:
        """Put leavers in conflict who seem to be employed by another record, and that one too."""
        staying = [p for p in people if self.stays_until_later(p) and not p.matched]
        leaving = [p for p in people if p.leaver and p.matched and not users[p.matched].left]
        found = [
            (one, other)
            for one in leaving
            for other in staying
            if self.may_be_one(other, one, users[str(one.matched)])
        ]
        for one, other in found:
            for each in (one, other):
                each.conflict, each.matched = True, None

    def stays_until_later(self, person: Person) -> bool:
        """Return whether a person has not left: a last day that moves with the run never comes.

        Of a record that cannot be read, what it says of that counts.
        """
        if person.failed and not person.leaver:
            return not self.holds_as_read(self.leavers.get("when"), person.data)
        if not person.leaver or person.gone:
            return not person.leaver
        return not any(self.moves(p, rule, person.data) for p, rule in self.setting.items())

    def holds_as_read(self, expression: str | None, data: Data) -> bool:
        try:
            return self.decides(expression, data)
        except Failed:
            return False

    def may_be_one(self, other: Person, leaver: Person, user: User) -> bool:
        """Return whether who is employed may be a leaver, by an exclusive value or a key."""
        if other.conflict and user.id not in other.maybe:
            return False
        words = [
            self.words(self.said(leaver, path), get(user.data, path)) for path in self.naming()
        ]
        own, theirs = set().union(*words), set()
        for path in self.naming():
            theirs |= self.words(self.said(other, path))
        if own and theirs and not own & theirs:
            return False
        if user.id in other.maybe:
            return True
        for level, key in enumerate(self.mapping["match"]):
            said = other.keys[level] if level < len(other.keys) else None
            for keys in (leaver.keys, user.keys):
                held = keys[level] if level < len(keys) else None
                if said is not None and held is not None and same(said, held, key["compare"]):
                    return True
        taken = self.world.unique | set(self.mapping["joiners"]["unless_taken"])
        for path in self.fields.keys() & taken:
            said = self.said(other, path)
            for held in (self.said(leaver, path), held_by(user, path)):
                if not blank(said) and not blank(held) and plain(said) == plain(held):
                    return True
        return False

    def shows_nobody(self, person: Person, user: User) -> bool:
        """Return whether a record has no value that tells people apart, and its person has several.

        Without links, only blanks say so: other values may be somebody else's.
        """
        told = [path for path in self.names() if not blank(self.said(person, path))]
        return len(told) > 1 and all(blank(get(user.data, path)) for path in self.names())

    def naming(self) -> list[str]:
        taken = self.world.unique | set(self.mapping["joiners"]["unless_taken"])
        return [path for path in self.names() if path not in taken]

    def said(self, person: Person, path: str) -> Any:
        """Return what can be read of a person's own value, though the rest may not be."""
        try:
            state, value, initial = self.says(path, self.fields[path], person.data)
        except Failed:
            return None
        said = initial if not blank(initial) else value if state != "blank" else None
        return None if self.is_constant(path, said) else said

    def is_constant(self, path: str, value: Any) -> bool:
        """Return whether the mapping may have given a value, so that it is nobody's own."""
        rule = self.fields[path]
        given = [rule[each] for each in ("value", "default", "initial") if each in rule]
        miss = rule.get("on_miss")
        given += [miss["use"]] if isinstance(miss, dict) and "use" in miss else []
        return any(not isinstance(each, dict) and same(value, each) for each in given)

    def words(self, *values: Any) -> set[str]:
        return {word for each in values if not blank(each) for word in plain(each).split()}

    # What becomes of each

    def decide(self, person: Person, user: User | None, unseen: bool) -> None:
        if person.leaver:
            self.leave(person, user)
        elif person.failed or (not person.conflict and user is not None and user.failed):
            person.kind = "error"
        elif person.conflict and (person.keys_known or person.level >= 0):
            person.kind = "conflict"
        elif user is None and not person.keys_known:
            person.kind = "error"
        elif self.barred(person, "movers" if user else "joiners") or self.lacks(person, user):
            person.kind = "ineligible"
        elif user is None:
            self.join(person, unseen)
        else:
            self.move(person, user)

    def leave(self, person: Person, user: User | None) -> None:
        """Decide about a leaver: of what is wrong, only matching may keep the access."""
        if user is None:
            keyless = all(key is None for key in person.keys)
            person.kind = "error" if person.failed else "conflict" if person.conflict else (
                "error" if not person.keys_known else "ineligible" if keyless else "ignored"
            )  # fmt: skip
            return
        error = person.failed or user.failed
        if user.unsaid:
            person.kind = "error"  # whether it has left is not known
            return
        stopped = person.leaving_known and self.misses(self.setting, person.data, creating=False)
        if not person.leaving_known or stopped or self.barred(person, "leavers"):
            person.kind = "error" if error else "ineligible"
            return
        sets = self.kept_out(person.data)
        sets = {
            path: rule
            for path, rule in sets.items()
            if rule.get("write_is_written") or not self.has_begun(path, rule, person.data, user)
        }
        person.access = self.differing(sets, person.data, user)
        if user.left and person.access and self.left_after(person.data, sets) is False:
            self.come_back(person, user, person.access)
        else:
            person.leaves = bool(person.access)
            person.writes = {} if person.failed else self.moved(person, user)
            if user.left and not person.failed and self.shows_nobody(person, user):
                person.writes = {}
            person.kind = "leave" if person.leaves and not user.left else (
                "update" if person.writes or person.leaves else "unchanged"
            )  # fmt: skip
        lacking = not person.failed and self.misses(self.fields, person.data, creating=False)
        if error or lacking:
            person.writes = {}
            if not person.leaves:
                person.access = {}
                person.kind = "error" if error else "ineligible"

    def kept_out(self, data: Data) -> Data:
        """Return what `set` writes of a leaver, but for blanks that would let them in."""
        if self.left_after(data) is True:
            return self.setting
        return {
            path: rule
            for path, rule in self.setting.items()
            if "value" in rule or not self.clears(path, rule, data)
        }

    def clears(self, path: str, rule: Data, data: Data) -> bool:
        state = self.says(path, rule, data)[0]
        return state == "blank" and rule.get("on_blank") == "clear"

    def left_after(self, data: Data, sets: Data | None = None) -> bool | None:
        """Return whether a record with what `set` writes has left; None where more decides it."""
        written = {}
        for path, rule in (self.setting if sets is None else sets).items():
            state, value, _ = self.says(path, rule, data)
            if state == "stated" or self.clears(path, rule, data):
                written[path] = value
        left, scheduled = self.leavers.get("left"), self.leavers.get("scheduled")
        read = [p for p in ("leaveDate", "state") if p in f"{left} {scheduled}"]
        if left is None or any(path not in written for path in read):
            return None
        self.holds(scheduled, written)
        return self.holds(left, written)

    def has_begun(self, path: str, rule: Data, data: Data, user: User) -> bool:
        """Return whether a value that moves with the run stays as the leave began with it."""
        if not self.moves(path, rule, data):
            return False
        held, new = user.data.get(path), self.says(path, rule, data)[1]
        days = [each for each in (held, new) if isinstance(each, str) and DAY.fullmatch(each)]
        return user.left or (len(days) == 2 and days == sorted(days))

    def moves(self, path: str, rule: Data, data: Data) -> bool:
        """Return whether a value is another one tomorrow, or both a month ago and in a month."""

        def differs(days: int) -> bool:
            then = copy.copy(self)
            then.today = self.today + timedelta(days=days)
            return then.says(path, rule, data) != self.says(path, rule, data)

        return differs(1) or (differs(-31) and differs(31))

    def come_back(self, person: Person, user: User, access: Data) -> None:
        """Decide about somebody who has left in the target, and should not have."""
        person.access, rehires = {}, self.mapping.get("rehires", "report")
        if rehires == "report":
            person.kind = "rehire"
            return
        person.writes = {} if person.failed else self.moved(person, user)
        person.kind = "update" if person.writes else "unchanged"
        if rehires == "reactivate":
            person.kind, person.access = "rehire", access
            written = {**user.data, **access}
            if self.stays_left(written) and self.stays_left({**written, **person.writes}):
                person.kind, person.writes, person.access = "error", {}, {}

    def stays_left(self, data: Data) -> bool:
        return self.holds(self.leavers.get("left"), data)

    def barred(self, person: Person, whom: str) -> bool:
        try:
            return any(
                whom in rule.get("for", ["joiners", "movers"])
                and not self.allows(rule["when"], person.data)
                for rule in self.mapping["eligible"]
            )
        except Failed:
            return False  # a rule that cannot be evaluated says nothing of access

    def lacks(self, person: Person, user: User | None) -> bool:
        return self.misses(self.fields, person.data, creating=user is None)

    def misses(self, rules: dict[str, Data], data: Data, *, creating: bool) -> bool:
        """Return whether a field without a value makes the record ineligible."""
        for path, rule in rules.items():
            state, _, initial = self.says(path, rule, data)
            if state in ("missed", "unstated") and rule.get("on_miss") == "ineligible":
                return True
            stands_in = creating and not blank(initial)
            required = rule.get("on_blank") == "ineligible"
            if state in ("blank", "unstated") and required and not stands_in:
                return True
        return False

    def join(self, person: Person, unseen: bool) -> None:
        if not self.mapping["joiners"]["create"]:
            person.kind = "ignored"
        elif unseen:
            person.kind = "error"
        elif not any(
            value is not None and self.carried(key)
            for key, value in zip(self.mapping["match"], person.keys, strict=True)
        ):
            person.kind = "ineligible"
        elif self.unproven(person):
            person.kind = "error"
        else:
            person.kind = "create"
            for path, rule in self.fields.items():
                state, value, initial = self.says(path, rule, person.data)
                new = initial if not blank(initial) else value if state == "stated" else None
                if rule.get("write") != "never" and not blank(new):
                    person.writes[path] = new
            for group in self.mapping.get("together", ()):
                if not all(path in person.writes for path in group):
                    for path in group:
                        person.writes.pop(path, None)

    def watched(self) -> list[str]:
        taken = self.mapping["joiners"]["unless_taken"]
        return [path for path in self.fields if path in self.world.unique or path in taken]

    def unproven(self, person: Person) -> bool:
        """Return whether nobody can say that the values of a joiner are free."""
        for path in self.watched():
            if self.fields[path].get("write") == "never":
                continue
            state, value, initial = self.says(path, self.fields[path], person.data)
            if state == "unstated":
                return True
            new = value if state == "stated" else initial
            if not blank(new) and any(self.silent(r, path) for r in self.world.target.records):
                return True
        return False

    def silent(self, record: Any, path: str) -> bool:
        return not record.problem and self.not_given(dict(record.data), path)

    def carried(self, key: Data) -> bool:
        rule = self.fields.get(key["target"], {})
        return (
            rule.get("from") == key["source"]
            and rule.get("write") != "never"
            and not {"when", "lookup"} & rule.keys()
        )

    def differing(self, rules: dict[str, Data], data: Data, user: User) -> Data:
        writes = {}
        for path, rule in rules.items():
            write = rule.get("write", "overwrite")
            held = get(user.data, path)
            if write not in ("overwrite", "if_empty") or (write == "if_empty" and not blank(held)):
                continue
            merges = rule.get("merge", "replace") != "replace"
            if (merges or write == "if_empty") and self.not_given(user.data, path):
                continue  # what it holds is not known
            state, value, _ = self.says(path, rule, data)
            if state != "stated" and not self.is_cleared(rule, state):
                continue
            if merges:
                if not isinstance(held, list) and not blank(held):
                    continue  # an error, but for a leaver
                value = self.merged(rule, held if isinstance(held, list) else [], value or [])
            if not same(held, value, rule.get("compare", "exact")):
                writes[path] = value
        return writes

    def merged(self, rule: Data, have: list[Any], said: list[Any]) -> list[Any] | None:
        """Return a list with what is said added; of what is ours, nothing else remains.

        A list of which nothing remains is cleared.
        """
        ours = rule["merge"] != "add"
        kept = [
            h
            for h in have
            if not (ours and self.owns(rule, h)) or any(same_json(h, v) for v in said)
        ]
        for item in said:
            known = kept if ours else have
            if not any(same_json(item, each) for each in known):
                kept.append(item)
        return kept or None

    def misheld(self, person: Person, user: User) -> bool:
        """Return whether a list would be added to something else."""
        return any(
            rule.get("merge", "replace") != "replace"
            and rule.get("write", "overwrite") == "overwrite"
            and not isinstance(held := get(user.data, path), list)
            and not blank(held)
            and (
                (said := self.says(path, rule, person.data)[0]) == "stated"
                or self.is_cleared(rule, said)
            )
            for path, rule in self.fields.items()
        )

    def moved(self, person: Person, user: User) -> Data:
        writes = self.differing(self.fields, person.data, user)
        parts = self.in_part(person.data)
        return {
            p: v for p, v in writes.items() if (user.id, p) not in self.disputed and p not in parts
        }

    def in_part(self, data: Data) -> set[str]:
        """Return the fields that are only written together, where one of them has no value."""
        found = set[str]()
        for group in self.mapping.get("together", ()):
            said = [
                (self.fields[path], *self.says(path, self.fields[path], data)) for path in group
            ]
            cleared = [self.is_cleared(rule, state) for rule, state, _, _ in said]
            if not all(cleared) and any(blank(value) for _, _, value, _ in said):
                found.update(group)
        return found

    def is_cleared(self, rule: Data, state: str) -> bool:
        """Return whether a field that the source does not state is cleared."""
        return (state == "blank" and rule.get("on_blank") == "clear") or (
            state == "missed" and rule.get("on_miss") == "clear"
        )

    def move(self, person: Person, user: User) -> None:
        if self.misheld(person, user):
            person.kind = "error"
            return
        if self.leavers and (user.left or user.scheduled) and not self.is_meant(person, user):
            held = [p for p in self.setting if not blank(get(user.data, p))]
            said = {p: self.says(p, self.setting[p], person.data)[0] for p in held}
            cleared = {p: None for p in held if said[p] != "unstated"}
            if held and not cleared and self.mapping.get("rehires") == "reactivate":
                person.kind = "rehire"
                return
            self.come_back(person, user, cleared)
            return
        person.writes = self.moved(person, user)
        person.kind = "update" if person.writes else "unchanged"

    def absent(self, user: User, people: list[Person], spoken: set[str]) -> Person:
        nobody = Person("", {}, matched=user.id, kind="absent")
        alone = [p for p in people if p.matched is None]
        provable = self.world.source.complete and not any(map(self.anybody, alone))
        bare = user.failed or not user.keys_known or user.left
        bare = bare or all(key is None for key in user.keys)
        if user.id in spoken or bare or not provable:
            return nobody
        if self.mapping["absent"] == "deactivate":
            staying = [person for person in alone if not person.gone]
            if any(self.is_near(e, user) or self.share_an_email(e, user) for e in staying):
                return nobody
            nobody.access = self.differing(self.setting, {}, user)
            nobody.leaves = True
        return nobody

    def is_near(self, person: Person, user: User) -> bool:
        """Return whether two have a key of one form, sensitive or not."""
        pairs = zip(person.keys, user.keys, strict=False)
        return any(None not in pair and form_of(pair[0]) == form_of(pair[1]) for pair in pairs)

    def share_an_email(self, person: Person, user: User) -> bool:
        """Return whether a person has an email of a user, beside the keys, sensitive or not."""
        keys = {key["target"] for key in self.mapping["match"]}
        for path, rule in self.fields.items():
            if person.failed or path in keys | set(self.watched()):
                continue
            _, value, initial = self.says(path, rule, person.data)
            said, held = value if blank(initial) else initial, get(user.data, path)
            if self.is_constant(path, said):
                continue
            texts = [" ".join(str(each).split()).casefold() for each in (said, held)]
            if "@" in texts[0] and texts[0] == texts[1]:
                return True
        return False

    def anybody(self, person: Person) -> bool:
        """Return whether a person whom nobody matches might be any of the users."""
        if not person.keys_known or (person.failed and self.watched()):
            return True
        return not person.failed and any(
            self.says(path, self.fields[path], person.data)[0] == "unstated"
            for path in self.watched()
        )

    # Values that only one may hold

    def settle(self, drafts: list[Person], users: list[User]) -> dict[str, Data]:
        """Do every write that can be done, in any order that works; the others conflict."""
        held = {user.id: copy.deepcopy(user.data) for user in users}
        todo = [d for d in drafts if d.writes or d.kind == "create"]
        for draft in todo:
            others = [other for other in todo if other is not draft]
            if any(self.rivals(draft, o) or self.will_be_found(draft, o) for o in others):
                draft.refused = True
        refused = [draft for draft in todo if draft.refused]
        todo = [draft for draft in todo if not draft.refused]
        progress = True
        while progress:
            progress = False
            for draft in list(todo):
                own = self.place(draft)
                if any(self.taken(draft, path, held, own) for path in draft.writes):
                    continue
                held[own] = merged(held.get(own, NEW_USER), nested(draft.writes))
                todo.remove(draft)
                progress = True
        conflicting = [*refused, *todo]
        for draft in conflicting:
            if not draft.leaves:
                draft.kind = "conflict"
        for draft in drafts:
            if draft.access and (draft.leaves or draft not in conflicting):
                own = self.place(draft)
                held[own] = merged(held[own], nested(draft.access))
        return held

    def place(self, draft: Person) -> str:
        return f"new {draft.id}" if draft.kind == "create" else str(draft.matched)

    def contested(self, draft: Person, path: str) -> bool:
        taken = self.mapping["joiners"]["unless_taken"]
        return path in self.fields and (
            path in self.world.unique or (draft.kind == "create" and path in taken)
        )

    def told_apart(self, path: str) -> str:
        cased = self.fields[path].get("compare") == "ignore_case"
        return "ignore_case" if path == "email" or cased else "exact"

    def rivals(self, draft: Person, other: Person) -> bool:
        """Return whether the draft yields to the other: a create to all, an update to updates."""
        return any(
            path in other.writes
            and self.contested(draft, path)
            and not blank(value)
            and same(value, other.writes[path], self.told_apart(path))
            and (draft.kind == "create" or other.kind != "create")
            for path, value in draft.writes.items()
        )

    def will_be_found(self, draft: Person, other: Person) -> bool:
        """Return whether a record to be created would find the other's by its match key."""
        return draft.kind == "create" and any(
            key["target"] in other.writes
            and not blank(value)
            and same(value, other.writes[key["target"]], key["compare"])
            for key, value in zip(self.mapping["match"], draft.keys, strict=True)
        )

    def taken(self, draft: Person, path: str, held: dict[str, Data], own: str) -> bool:
        value = draft.writes[path]
        return (
            self.contested(draft, path)
            and not blank(value)
            and any(
                same(get(data, path), value, self.told_apart(path))
                for id, data in held.items()
                if id != own
            )
        )


def nested(writes: Data) -> Data:
    """Return written values as nested objects."""
    whole: Data = {}
    for path, value in writes.items():
        *outer, last = path.split(".")
        inner: Data = {last: value}
        for key in reversed(outer):
            inner = {key: inner}
        whole = merged(whole, inner)
    return whole


def _long(rule: Any) -> Data:
    if isinstance(rule, str):
        return {"from": rule}
    return {**rule, "write_is_written": "write" in rule}


def _is(value: Any, type: str) -> bool:
    return isinstance(value, {"string": str, "array": list}[type])


__all__ = ["GONE", "Prediction", "blank", "get", "leaves", "predict", "same"]


def filled_in(data: Any, path: list[str], value: Any) -> Data:
    """Return data that hold a value at a path; what is no object on the way gives way."""
    head, *rest = path
    copied = dict(data) if isinstance(data, dict) else {}
    copied[head] = filled_in(copied.get(head), rest, value) if rest else value
    return copied
