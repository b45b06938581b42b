"""Checks the options that a mapping gives its connectors, without opening them."""

from collections.abc import Iterator, Mapping

from oneway.core.description import Description, Option
from oneway.core.diagnostics import Diagnostic, did_you_mean
from oneway.core.schema_pattern import compiled
from oneway.documents.yaml_source import Document, Path
from oneway.mapping.spec import EndpointSpec, MappingSpec


def option_mistakes(
    document: Document, spec: MappingSpec, catalogue: Mapping[str, Description]
) -> Iterator[Diagnostic]:
    """Yield each unknown option, and each option with an invalid value."""
    for path, endpoint in _endpoints(spec):
        description = catalogue.get(endpoint.connector.text)
        known = {option.name: option for option in description.options} if description else {}
        for name, constant in endpoint.options if description else ():
            place = (*path, name)
            if name not in known:
                open_to = [each for each, option in known.items() if not option.secret]
                help = did_you_mean(name, open_to) or _listed(endpoint, open_to)
                summary = f"{endpoint.connector.text} has no option '{name}'"
                yield document.at(place, "M150", summary, help, key=True)
            elif known[name].secret:
                summary = f"'{name}' is a credential, which has no place in a mapping"
                help = "keep it in the environment, or in a connection: `oneway connect`"
                yield document.at(place, "M150", summary, help, key=True)
            elif wrong := _wrong_value(known[name], str(constant.value)):
                yield document.at(place, "M151", f"the option '{name}' cannot be this", wrong)


def _endpoints(spec: MappingSpec) -> Iterator[tuple[Path, EndpointSpec]]:
    yield ("source", "options"), spec.source
    yield ("target", "options"), spec.target
    for reference in spec.references:
        if reference.endpoint is not None:
            yield ("references", reference.name, "from", "options"), reference.endpoint


def _listed(endpoint: EndpointSpec, known: list[str]) -> str:
    if not known:
        return "it has none: take it out"
    return f"it has: {', '.join(known)} (oneway connectors {endpoint.connector.text})"


def _wrong_value(option: Option, value: str) -> str:
    """Return in words which values an option may have; "" if this one is valid."""
    if value == option.default:
        return ""
    if option.values and value not in option.values:
        near = did_you_mean(value, option.values)
        return near or f"it is one of: {', '.join(option.values)}"
    if option.pattern and not compiled(option.pattern).found_in(value):
        return option.description
    return ""
