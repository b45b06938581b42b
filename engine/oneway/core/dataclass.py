"""`dataclass`, as the standard library has it, made in a tenth of the time.

Until Python 3.13 the standard library compiles six methods of each class from text, 0.3 ms a
class, at each start; most commands make hundreds. Here it finds the fields, and whatever else it
does without compiling. A class's `__init__` is one that was compiled for fields of that number,
with other names in it, and the other methods are the same for all. `fields`, `replace`, `asdict`,
pattern matching, copies and pickles are those of the standard library.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from types import CodeType, FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

_T = TypeVar("_T")
_Put: TypeAlias = Callable[[object, object], None]


def quick(
    *, frozen: bool = False, repr: bool = True, eq: bool = True, order: bool = False, **rest: bool
) -> Callable[[type[_T]], type[_T]]:
    """Return what makes a dataclass of a class; those with an order are the standard library's."""
    if order:
        return dataclasses.dataclass(frozen=frozen, repr=repr, eq=eq, order=order, **rest)

    def made(cls: type[_T]) -> type[_T]:
        if not cls.__doc__:
            cls.__doc__ = cls.__name__  # in place of its signature, which takes as long as a method
        derived = hasattr(cls, "__dataclass_params__")  # rare: they check that both are frozen
        options = {"init": False, "repr": False, "eq": False, "frozen": frozen and derived, **rest}
        found: Any = dataclasses.dataclass(**options)(cls)
        found.__dataclass_params__.frozen = frozen
        fields = dataclasses.fields(found)
        methods: dict[str, object] = {"__init__": _init(found, fields, frozen)}
        if repr:
            methods["__repr__"] = _repr
        if eq:
            methods |= _equality(*[each.name for each in fields if each.compare])
            if not frozen:
                methods["__hash__"] = None
        if frozen:
            methods |= _FROZEN
        for name, method in methods.items():
            if found.__dict__.get(name) is None:  # what the class itself defines stays
                setattr(found, name, method)
        return cast(type[_T], found)

    return made


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = quick


def _init(cls: type, fields: Sequence[Field[object]], frozen: bool) -> FunctionType:
    """Return the `__init__` of a class that has these fields."""
    values: dict[str, object] = {"MADE": _MADE}
    names = {}
    for at, each in enumerate(fields):
        names[f"a{at}"] = names[f"f{at}"] = each.name
        put, make = _setter(cls, each.name), each.default_factory
        values[f"set{at}"] = put if make is MISSING or not each.init else _making(put, make)
        values[f"make{at}"] = each.default_factory
        if not each.init and each.default is not MISSING:
            values[f"make{at}"] = lambda default=each.default: default
    shape = "".join(map(_kind, fields))
    shape = shape.translate(_MADE_BY_SETTERS) if frozen else shape
    code = _compiled(shape, frozen, hasattr(cls, "__post_init__"))
    code = code.replace(
        co_names=tuple(names.get(each, each) for each in code.co_names),
        co_varnames=tuple(names.get(each, each) for each in code.co_varnames),
        co_qualname=f"{cls.__qualname__}.__init__",
    )
    placed = [each for each in fields if each.init and not each.kw_only]
    named = [each for each in fields if each.init and each.kw_only]
    defaults = [_default(each) for each in placed if _has_default(each)]
    if not all(map(_has_default, placed[len(placed) - len(defaults) :])):
        raise TypeError(f"{cls.__qualname__}: a field without default follows one with a default")
    made = FunctionType(code, values, None, tuple(defaults))
    made.__kwdefaults__ = {each.name: _default(each) for each in named if _has_default(each)}
    made.__annotations__ = {each.name: each.type for each in (*placed, *named)} | {"return": None}
    return made


def _setter(cls: type, name: str) -> _Put:
    """Return what sets a field, of a frozen object too."""
    member = getattr(cls, name, None)
    if isinstance(member, MemberDescriptorType):
        return member.__set__
    return lambda self, value: object.__setattr__(self, name, value)


def _making(put: _Put, make: Callable[[], object]) -> _Put:
    """Return what sets a field, and makes its default."""
    return lambda self, value: put(self, make() if value is _MADE else value)


class _Made:
    """Stands for a value that is made when an object is; help shows it as elsewhere."""

    def __repr__(self) -> str:
        return "<factory>"


_MADE = _Made()


def _kind(field: "Field[object]") -> str:
    """Return how `__init__` sets a field, as one letter.

    p   a parameter                             m   a parameter whose default is made
    P   one that is given by name               M   the same, given by name
    o   no parameter, but a value of its own    -   it is not set
    """
    if not field.init:
        return "o" if _has_default(field) else "-"
    kind = "p" if field.default_factory is MISSING else "m"
    return kind.upper() if field.kw_only else kind


def _has_default(field: "Field[object]") -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _default(field: "Field[object]") -> object:
    return _MADE if field.default is MISSING else field.default


_MADE_BY_SETTERS = str.maketrans("mM", "pP")
"""In frozen classes, so that those of as many fields share one `__init__`: few are compiled."""
_VALUES = {"p": "a{0}", "m": "make{0}() if a{0} is MADE else a{0}", "o": "make{0}()"}


@cache
def _compiled(shape: str, frozen: bool, has_more: bool) -> CodeType:
    """Return the code of an `__init__` for fields of these kinds."""
    placed = [f"a{at}" for at, kind in enumerate(shape) if kind in "pm"]
    named = [f"a{at}" for at, kind in enumerate(shape) if kind in "PM"]
    parameters = ["self", *placed, *(["*", *named] if named else [])]
    lines = [f"def __init__({', '.join(parameters)}):", " pass"]
    to = " set{0}(self, {1})" if frozen else " self.f{0} = {1}"
    for at, kind in enumerate(shape):
        if kind != "-":
            lines.append(to.format(at, _VALUES[kind.lower()].format(at)))
    if has_more:
        lines.append(" self.__post_init__()")
    found: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<dataclass>", "exec"), found)
    code: CodeType = found["__init__"].__code__
    return code


def _equality(*names: str) -> dict[str, object]:
    """Return the methods for equality and hash of objects with these fields."""
    if len(names) > 1:
        values: Callable[[object], tuple[object, ...]] = attrgetter(*names)
    else:

        def values(of: object) -> tuple[object, ...]:
            return tuple([getattr(of, name) for name in names])

    def __eq__(self: object, other: object) -> bool:
        if other.__class__ is self.__class__:
            return values(self) == values(other)
        return NotImplemented

    def __hash__(self: object) -> int:
        return hash(values(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


@recursive_repr()
def _repr(self: Any) -> str:
    shown = [each for each in dataclasses.fields(self) if each.repr]
    inner = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in shown)
    return f"{self.__class__.__qualname__}({inner})"


def _no_set(self: object, name: str, value: object) -> None:  # noqa: ARG001  # Python's
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_delete(self: object, name: str) -> None:  # noqa: ARG001  # Python's
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[object]:
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _setstate(self: Any, state: Sequence[object]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_FROZEN = {
    "__setattr__": _no_set,
    "__delattr__": _no_delete,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
