"""Asks for the mapping's settings, each with its purpose and its default."""

from collections.abc import Mapping

from oneway.cli.prompts import Asking
from oneway.core.records import Value
from oneway.mapping.spec import SettingSpec
from oneway.render.sanitize import harmless
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.settings import resolve_settings


def settings_for(
    asking: Asking | None, prepared: PreparedRun, given: Mapping[str, str]
) -> dict[str, Value]:
    """Return a connection's settings: asked for or, without a terminal, as given."""
    specs = prepared.spec.settings
    values = resolve_settings(specs, given)
    if asking is None:
        return {name: values[name] for name in given}
    open_ones = [each for each in specs if each.name not in given]
    if open_ones:
        asking.say()
        asking.say("Settings of the mapping; Enter takes the value in brackets.")
    for spec in open_ones:
        values[spec.name] = _asked(asking, spec)
    return {name: value for name, value in values.items() if value is not None}


def _asked(asking: Asking, spec: SettingSpec) -> Value:
    asking.say(harmless(f"{spec.name}: {spec.description}") if spec.description else spec.name)
    if spec.type == "boolean":
        return asking.yes(f"{_spoken(spec.name)}?", default=bool(spec.default))
    default = "" if spec.default is None else str(spec.default)

    def checked(text: str) -> str:
        if text:
            resolve_settings([spec], {spec.name: text})
        return text

    text = asking.text(_spoken(spec.name), default, checked, optional=True)
    return resolve_settings([spec], {spec.name: text})[spec.name] if text else spec.default


def _spoken(name: str) -> str:
    """Return a setting's name in words, such as "Include bank details"."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize()
