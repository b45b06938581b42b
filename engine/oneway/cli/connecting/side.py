"""Sets up one side of a connection: asks for credentials, tests them, offers options."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from oneway.cli.connecting.choosing import chosen, named
from oneway.cli.prompts import Asking
from oneway.connections.access import given_secrets
from oneway.connections.connection import Connection, Side
from oneway.connections.origins import origins_of
from oneway.connections.secrets.open import sealed
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.access import Secret
from oneway.core.connector import Finding
from oneway.core.connector_errors import ConnectorError
from oneway.core.dataclass import dataclass
from oneway.core.description import Description, Option
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, refusal
from oneway.core.phrases import some
from oneway.render.sanitize import harmless
from oneway.runs.prepare.prepared import Input, PreparedRun, description_of, options_of
from oneway.runs.systems import OpenSystems

SIDES = ("source", "target")


@dataclass(frozen=True, slots=True)
class SideSetup:
    """One side during set-up; `prepared.request` contains the answers so far."""

    prepared: PreparedRun
    side: str

    @property
    def input(self) -> Input:
        """The input of this side."""
        return self.prepared.inputs[self.side]

    @property
    def system(self) -> Description:
        """The side's connector."""
        return description_of(self.prepared, self.input)

    @property
    def connection(self) -> Connection:
        """The connection being set up."""
        found = self.prepared.request.connection
        assert found is not None
        return found

    @property
    def own(self) -> Side:
        """The connection's section for this side."""
        return self.connection.sides[self.side]

    @property
    def typed(self) -> Mapping[str, Secret]:
        """The typed credentials of this side by name, not saved yet."""
        every = self.prepared.request.typed
        return {name: secret for (side, name), secret in every.items() if side == self.side}

    def option(self, name: str) -> str | None:
        """Return the value of an option, from the connection, the environment or the mapping."""
        if name in self.own.options:
            return self.own.options[name]
        outside = self.prepared.request.lookup(self.system.name, name)
        return outside if outside is not None else dict(self.input.options).get(name)

    def given(self, name: str) -> SecretRef | None:
        """Return the reference of a credential, from the connection or the environment."""
        if name in self.own.credentials:
            return self.own.credentials[name]
        found = given_secrets(self.system, self.prepared.request.lookup)[name]
        return found[0] if len(found) == 1 else None

    def with_option(self, name: str, value: str) -> "SideSetup":
        """Return the side with an option set."""
        return self._with(replace(self.own, options={**self.own.options, name: value}))

    def with_ref(self, name: str, ref: SecretRef) -> "SideSetup":
        """Return the side with a reference to a credential."""
        return self._with(replace(self.own, credentials={**self.own.credentials, name: ref}))

    def with_origin(self, origin: str) -> "SideSetup":
        """Return the side with the origin that may receive its credentials."""
        return self._with(replace(self.own, origin=origin))

    def with_typed(self, name: str, secret: Secret) -> "SideSetup":
        """Return the side with a typed credential."""
        request = self.prepared.request
        request = replace(request, typed={**request.typed, (self.side, name): secret})
        refs = {key: ref for key, ref in self.own.credentials.items() if key != name}
        made = replace(self, prepared=replace(self.prepared, request=request))
        return made._with(replace(self.own, credentials=refs))

    def _with(self, own: Side) -> "SideSetup":
        connection = (
            replace(self.connection, source=own)
            if self.side == "source"
            else replace(self.connection, target=own)
        )
        request = replace(self.prepared.request, connection=connection)
        return replace(self, prepared=replace(self.prepared, request=request))


@dataclass(frozen=True, slots=True)
class MissingOption:
    """An option that is missing, with no terminal to ask at; the system may list its values."""

    finding: Diagnostic
    listed: bool = False


def missing(reaching: SideSetup) -> Iterator[MissingOption]:
    """Yield the credentials and options of a side that have no value."""
    for option in reaching.system.options:
        way = f"--{reaching.side}-credential" if option.secret else f"--{reaching.side}-option"
        if option.secret:
            absent = option.name not in reaching.typed and reaching.given(option.name) is None
            form = f"{way} {option.name}=env:VARIABLE (or file:PATH), or --credentials-stdin"
        else:
            absent = option.default is None and not reaching.option(option.name)
            form = f"{way} {option.name}=VALUE"
        if absent:
            what = "credential" if option.secret else "option"
            summary = f"{reaching.system.title}: the {what} '{option.name}' is missing"
            where = Span(reaching.side)
            help = f"{form}: {option.description}"
            finding = Diagnostic(where, Severity.ERROR, "U111", summary, help)
            yield MissingOption(finding, option.choices)


def reached(asking: Asking | None, reaching: SideSetup, *, renewing: bool) -> SideSetup:
    """Sign in to a side and test it; ask for missing values.

    `renewing` asks for every credential again. If the test fails, it shows why and asks once more;
    without a terminal, it raises `Refused`.
    """
    if asking is not None:
        asking.say()
        asking.say(f"{reaching.side.capitalize()}: {harmless(reaching.system.title)}")
        reaching = asked(asking, reaching, again=renewing)
    while True:
        if asking is not None and _may_type(reaching):
            asking.say("Trying it ...")
        try:
            found = tested(asking, reaching)
        except (Refused, ConnectorError) as error:
            refused = error if isinstance(error, Refused) else _refused(reaching.system, error)
            if asking is None or not _may_type(reaching):
                raise refused from None
            asking.report(refused)
            asking.say("That did not work. Once more; Ctrl-C ends, and nothing is kept.")
            reaching = asked(asking, reaching, again=True)
            continue
        return recorded(found)


def asked(asking: Asking, reaching: SideSetup, *, again: bool) -> SideSetup:
    """Ask for the missing values of a side or, with `again`, for all values."""
    for option in reaching.system.options:
        if option.secret:
            if again or (option.name not in reaching.typed and option.name not in _named(reaching)):
                reaching = _credential(asking, reaching, option)
        elif option.default is None and not option.choices:
            value = reaching.option(option.name) or ""
            if again or not value:
                asking.say(harmless(f"{option.name}: {option.description}"))
                answer = asking.text(option.name, value)
                reaching = reaching.with_option(option.name, answer)
    return reaching


def tested(asking: Asking | None, reaching: SideSetup) -> SideSetup:
    """Test a side, and let the user choose its options; raise an error if it does not work."""
    reaching = _agreed(asking, reaching)
    for option in reaching.system.options:
        if option.choices and not reaching.option(option.name):
            reaching = _choose(asking, reaching, option)
    with OpenSystems(reaching.prepared) as systems:
        probes = systems.connector(reaching.input).probe()
    wrong = [each for each in probes if each.finding is Finding.FAILED]
    if wrong:
        where = Span(reaching.system.title)
        raise Refused(
            Diagnostic(where, Severity.ERROR, "C143", f"{each.what}: no", each.detail)
            for each in wrong
        )
    good = [each.what for each in probes if each.finding is Finding.OK]
    if asking is not None and good:
        asking.say(harmless(f"It works: {', '.join(good)}."))
    return reaching


def _agreed(asking: Asking | None, reaching: SideSetup) -> SideSetup:
    """Ask whether credentials may go to the address in a manifest of the user's own."""
    secrets = any(option.secret for option in reaching.system.options)
    if asking is None or reaching.own.origin or reaching.system.vouched or not secrets:
        return reaching
    where = sorted(origins_of(reaching.system, options_of(reaching.prepared, reaching.input)))
    text = " and ".join(where)
    asking.say(harmless(f"{reaching.system.file} sends these credentials to {text}."))
    if not asking.yes("Is that where they belong?", default=False):
        summary = f"the credentials of {reaching.system.title} are not sent to {text}"
        raise refusal("C150", reaching.system.file, summary, "nothing was sent, nothing is kept")
    return reaching.with_origin(" ".join(where))


def recorded(reaching: SideSetup) -> SideSetup:
    """Return a side with the options and references that its test used, wherever they came from.

    Otherwise the connection could reach another system when it runs in another environment.
    """
    for option in reaching.system.options:
        if option.secret or option.name in reaching.own.options:
            continue
        outside = reaching.prepared.request.lookup(reaching.system.name, option.name)
        if outside is not None and outside != option.default:
            reaching = reaching.with_option(option.name, outside)
    for name, ref in _named(reaching).items():
        if name not in reaching.own.credentials and name not in reaching.typed:
            reaching = reaching.with_ref(name, ref)
    where = origins_of(reaching.system, options_of(reaching.prepared, reaching.input))
    return reaching.with_origin(" ".join(sorted(where)))


def _named(reaching: SideSetup) -> dict[str, SecretRef]:
    """Return the references of credentials, from the connection or the environment."""
    names = [option.name for option in reaching.system.options if option.secret]
    return {name: ref for name in names if (ref := reaching.given(name)) is not None}


def _may_type(reaching: SideSetup) -> bool:
    return any(o.secret or o.default is None for o in reaching.system.options)


def _credential(asking: Asking, reaching: SideSetup, option: Option) -> SideSetup:
    """Return a side with a typed credential; Enter keeps the present one."""
    ref, held = reaching.given(option.name), option.name in reaching.typed
    asking.say(harmless(f"{option.name}: {option.description}"))
    keeps = "the one before" if held else harmless(str(ref)) if ref is not None else ""
    prompt = f"{option.name} (not shown{f'; Enter: {keeps}' if keeps else ''})"
    while True:
        text = asking.hidden(prompt)
        if not text and held:
            return reaching
        if not text and ref is not None:
            return reaching.with_ref(option.name, ref)
        try:
            secret = sealed(text, SecretRef(SecretKind.ENV, option.name))
        except Refused as refused:
            asking.report(refused)
        else:
            return reaching.with_typed(option.name, secret)


def _choose(asking: Asking | None, reaching: SideSetup, option: Option) -> SideSetup:
    """Return a side with an option chosen from the values that the system lists."""
    with OpenSystems(reaching.prepared) as systems:
        choices = systems.connector(reaching.input, choosing=True).choices(option.name)
    if not choices:
        summary = f"these credentials may see no {option.name}"
        raise refusal("C143", reaching.system.title, summary, option.description)
    if asking is None:
        summary = f"{reaching.system.title}: the option '{option.name}' is missing"
        few = some([*map(named, choices)], 10)
        help = f"--{reaching.side}-option {option.name}=ID, one of: {few}"
        raise refusal("U111", reaching.side, summary, help)
    asking.say("Signed in.")
    choice = chosen(asking, option.name, choices)
    asking.say(f"{option.name}: {named(choice)}")
    return reaching.with_option(option.name, choice.value)


def _refused(system: Description, error: ConnectorError) -> Refused:
    return refusal(error.code, system.title, error.summary, error.help)
