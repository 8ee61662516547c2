"""CEL expressions of well-known shape about the containers of a pod, as checks.

No CEL is evaluated: an expression is brought into a normal form (blanks, quotes, outer brackets, and the
variables that stand for lists), and compared with the shapes that the Kyverno policy library and this program
itself write. Anything else is not understood.
"""

from __future__ import annotations

import re

from netraw_lint.catalogue import LISTS
from netraw_lint.policies.checks import Adds, AddsNone, Drops, Unprivileged
from netraw_lint.policies.gates import NotUnderstoodError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from netraw_lint.policies.checks import Check

_LONGEST = 10_000
# Brackets within brackets in a sum of lists.
_MOST_LEVELS = 20
_STRINGS = re.compile(r"\[(\"[^\"\\]*\"(,\"[^\"\\]*\")*)?\]")
_SPACE = re.compile(r"(?<=\w)\s+(?=\w)|(\s+)|(\"[^\"]*\")")
_CAPS = r"C\.\?securityContext\.\?capabilities\.\?{}\.orValue\(\[\]\)"
_HAS = r"has\(C\.securityContext\)&&has\(C\.securityContext\.capabilities\)&&has\(C\.securityContext\.capabilities\.{0}\)&&"
_HAS_NOT = r"!has\(C\.securityContext\)\|\|!has\(C\.securityContext\.capabilities\)\|\|!has\(C\.securityContext\.capabilities\.{0}\)\|\|"
_LIST = r"C\.securityContext\.capabilities\.{0}"
_ALL_OF = re.compile(r"(?P<over>.+?)\.all\((?P<name>\w+),(?P<body>.+)\)")


def check(expression: str, variables: Mapping[str, str]) -> tuple[Check, tuple[str, ...]]:
    """What a validation asks of each container, and of which lists of containers. Raises NotUnderstoodError."""
    text = _inlined(_normal(expression), {name: _normal(value) for name, value in variables.items()})
    found = _ALL_OF.fullmatch(text)
    if not found:
        raise NotUnderstoodError("a CEL expression of no well-known shape")
    lists = _lists(_bare(found["over"]))
    body = re.sub(rf"\b{found['name']}\b(?=\.)", "C", _bare(found["body"]))
    return _check(body), lists


def _normal(expression: str) -> str:
    """The expression without blanks but between words and in strings, these in double quotes."""
    return _SPACE.sub(lambda found: "" if found[1] else found[2] or " ", _short(expression).replace("'", '"'))


def _short(expression: str) -> str:
    """The expression. Raises NotUnderstoodError for one that is longer than any of a well-known shape."""
    if len(expression) > _LONGEST:
        raise NotUnderstoodError(f"a CEL expression of more than {_LONGEST} characters")
    return expression


def _inlined(text: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return f"({variables[found[1]]})" if found[1] in variables else found[0]

    for _ in range(5):
        before, text = text, _short(re.sub(r"\bvariables\.(\w+)", value, text))
        if text == before:
            return text
    raise NotUnderstoodError("CEL variables that stand for each other")


def _bare(text: str) -> str:
    """The text without brackets around all of it."""
    if not text.startswith("("):
        return text
    opened: list[int] = []
    closes: dict[int, int] = {}
    for number, char in enumerate(text):
        if char == "(":
            opened.append(number)
        elif char == ")" and opened:
            closes[opened.pop()] = number
    start, end = 0, len(text)
    while closes.get(start) == end - 1:
        start, end = start + 1, end - 1
    return text[start:end]


def _lists(text: str) -> tuple[str, ...]:
    """The lists of containers that an expression joins."""
    found = []
    for part in map(_bare, _summands(text)):
        for name in LISTS:
            spec = f"object.spec.{name}"
            forms = (spec, f"object.spec.?{name}.orValue([])", f"has({spec})?{spec}:[]")
            if part in forms and name not in found:
                found.append(name)
                break
        else:
            raise NotUnderstoodError("a CEL expression about other lists than those of containers")
    return tuple(found)


def _summands(text: str, level: int = 0) -> list[str]:
    if level > _MOST_LEVELS:
        raise NotUnderstoodError("a CEL expression of no well-known shape")
    parts, depth = [""], 0
    for char in text:
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(char, 0)
        if char == "+" and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [
        inner
        for part in parts
        for inner in (_summands(_bare(part), level + 1) if _bare(part) != part else [part])
    ]


def _check(body: str) -> Check:
    for pattern, make in _SHAPES:
        found = pattern.fullmatch(body)
        if found:
            return make(found.groupdict())
    raise NotUnderstoodError("a CEL expression of no well-known shape")


def _names(text: str) -> tuple[str, ...]:
    """The strings of a list, or one string."""
    text = _bare(text)
    if not _STRINGS.fullmatch(text) and not re.fullmatch(r"\"[^\"\\]*\"", text):
        raise NotUnderstoodError("a CEL list of something else than strings")
    return tuple(re.findall(r"\"([^\"\\]*)\"", text))


def _drops(found: dict[str, str]) -> Check:
    names = _names(found["names"])
    # upperAscii() of a name is compared with what stands there: a name in lower case fits nothing.
    fold = bool(found.get("fold"))
    return Drops(
        tuple(name for name in names if not fold or name == name.upper()),
        fold=fold,
        once=bool(found.get("once")),
    )


def _adds(found: dict[str, str]) -> Check:
    return Adds(_names(found["names"]) + (("",) if found.get("empty") else ()))


def _adds_none(found: dict[str, str]) -> Check:
    return AddsNone(_names(found["names"]), fold=bool(found.get("fold")))


def _one_add(found: dict[str, str]) -> Check:
    return Adds(_names(found["names"]), at_most=1)


def _unprivileged(_found: dict[str, str]) -> Check:
    return Unprivileged()


_ONE = r"(?P<k>\w+),(?P=k)(?P<fold>\.upperAscii\(\))?(?:==| ?in ?)(?P<names>.+)"
_SIZE_ONE = r"(?P<names>\"[^\"]*\")"
_SHAPES = [
    (re.compile(_CAPS.format("drop") + rf"\.exists(?P<once>_one)?\({_ONE}\)"), _drops),
    (re.compile(_HAS.format("drop") + _LIST.format("drop") + rf"\.exists(?P<once>_one)?\({_ONE}\)"), _drops),
    (
        re.compile(
            _CAPS.format("add")
            + r"\.all\((?P<k>\w+),(?P<empty>(?P=k)==\"\"\|\|)?(?P=k)(?:==| ?in ?)(?P<names>[^|&]+)\)"
        ),
        _adds,
    ),
    (
        re.compile(
            _CAPS.format("add")
            + r"\.all\((?P<k>\w+),!\((?P=k)(?P<fold>\.upperAscii\(\))? ?in ?(?P<names>[^|&]+)\)\)"
        ),
        _adds_none,
    ),
    (
        re.compile(
            _HAS_NOT.format("add")
            + rf"\(size\({_LIST.format('add')}\)==1&&{_LIST.format('add')}\[0\]=={_SIZE_ONE}\)"
        ),
        _one_add,
    ),
    (
        re.compile(
            _CAPS.format("add")
            + rf"\.size\(\)==0\|\|\({_LIST.format('add')}\.orValue\(\[\]\)\.size\(\)==1&&{_LIST.format('add')}\[0\]=={_SIZE_ONE}\)"
        ),
        _one_add,
    ),
    (re.compile(r"C\.\?securityContext\.\?privileged\.orValue\(false\)==false"), _unprivileged),
    (re.compile(r"!C\.\?securityContext\.\?privileged\.orValue\(false\)"), _unprivileged),
]
