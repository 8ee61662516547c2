"""What every noun is built on: an immutable value with named fields, which Python keeps as a tuple.

Not dataclasses and not named tuples: importing ``dataclasses`` or ``typing`` would cost more than linting a
manifest, and a commit hook pays it on every commit. A tuple, since Python makes, compares and hashes one without
running a line of Python, and a run makes a dozen for each container.
"""

from __future__ import annotations

from _operator import itemgetter  # of `operator`, which would have to be loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self, dataclass_transform

    _Base = object
else:
    _Base = tuple

    def dataclass_transform(**_options: object) -> object:
        """Stand in for ``typing.dataclass_transform``, which only type checkers read."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True, eq_default=True)
class _NounType(type):
    """Turns the annotations of a class body into fields, and its assignments into defaults."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
        fields = tuple(namespace.get("__annotations__", ()))
        defaults = {field: namespace.pop(field) for field in fields if field in namespace}
        namespace |= {field: property(itemgetter(place)) for place, field in enumerate(fields)}
        rest = {
            given: tuple(defaults[field] for field in fields[given:])
            for given in range(len(fields) - len(defaults), len(fields))
        }
        namespace |= {"__slots__": (), "_fields": fields, "_defaults": defaults, "_rest": rest}
        return super().__new__(mcs, name, bases, namespace)


class Noun(_Base, metaclass=_NounType):
    """Base of the nouns: immutable, compared by value, and equal to nothing but its own kind."""

    if TYPE_CHECKING:
        _fields: ClassVar[tuple[str, ...]]
        _defaults: ClassVar[dict[str, Any]]
        _rest: ClassVar[dict[int, tuple[Any, ...]]]
    else:

        def __new__(cls, *values: Any, **named: Any) -> Self:
            """A noun of these values, by place or by name."""
            if named:
                values = (*values, *cls._others(len(values), named))
            elif len(values) != len(cls._fields):
                values += cls._rest.get(len(values)) or tuple(cls._others(len(values), named))
            return tuple.__new__(cls, values)

    @classmethod
    def _others(cls, given: int, named: dict[str, Any]) -> list[Any]:
        """The values of the fields that were not given by place."""
        if given > len(cls._fields):
            raise TypeError(f"{cls.__name__} takes {len(cls._fields)} values, got {given}")
        defaults, used = cls._defaults, 0
        others = []
        for name in cls._fields[given:]:
            if name in named:
                others.append(named[name])
                used += 1
            elif name in defaults:
                others.append(defaults[name])
            else:
                raise TypeError(f"{cls.__name__} needs {name!r}")
        if used < len(named):
            unknown = ", ".join(name for name in named if name not in cls._fields[given:])
            raise TypeError(f"{cls.__name__} has no {unknown}")
        return others

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), _values(self)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _values(self) == _values(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(_values(self))

    def __repr__(self) -> str:
        values = ", ".join(
            f"{name}={value!r}" for name, value in zip(self._fields, _values(self), strict=True)
        )
        return f"{type(self).__name__}({values})"

    def replace(self, **changes: Any) -> Self:
        """A copy of this noun with some fields changed."""
        return type(self)(**{**dict(zip(self._fields, _values(self), strict=True)), **changes})


_values: Any = tuple
