"""Finds, parses and validates the settings file.

Every key is listed here once, with its default; schemas/config.schema.json says what each may hold, and a
test proves that the two agree. A run without a settings file pays for nothing but ``find``: the parsers,
jsonschema and the schema are imported and read only once there is something to validate.
"""

from __future__ import annotations

import os

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from jsonschema.exceptions import ValidationError

    Keys = tuple[str | int, ...]

FILE_NAMES = (".netraw-lint.yaml", ".netraw-lint.yml", "pyproject.toml")
TABLE = ("tool", "netraw-lint")

DEFAULTS: Mapping[str, Any] = {
    "select": (),
    "extend-select": (),
    "ignore": (),
    "per-file-ignores": {},
    "exclude": (),
    "force-exclude": False,
    "respect-gitignore": True,
    "runtimes": ("containerd", "cri-o", "docker"),
    "workloads": (),
    "charts": "report",
    "chart-values": (),
    "kustomize": "files",
    "exemptions": (),
    "respect-suppressions": (),
    "baseline": "",
    "fix-drop": "NET_RAW",
    "unsafe-fixes": False,
    "fixable": ("ALL",),
    "unfixable": (),
    "output-format": "full",
}

_MOST_VALUES = 100_000  # YAML aliases can make a small file stand for billions.
_MISSING = object()
_TYPES = {"array": "a list", "object": "a mapping", "string": "a string", "boolean": "true or false"}


class ConfigError(Exception):
    """Settings that cannot be used: the file, the 1-based line (``None`` if unknown) and what is wrong."""

    def __init__(self, path: str, line: int | None, message: str) -> None:
        super().__init__(path, line, message)
        self.path, self.line, self.message = path, line, message

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}"


class Config(Noun):
    """The settings of one file: ``values`` holds the keys it sets, lists as tuples.

    Globs are relative to ``directory``. ``path`` is ``None`` when no file was read.
    """

    path: str | None
    directory: str
    values: Mapping[str, Any]

    def get(self, key: str) -> Any:
        """The value of a key, or its default; raises ``KeyError`` for a key that does not exist."""
        return self.values[key] if key in self.values else DEFAULTS[key]

    def error(self, keys: Keys, message: str) -> ConfigError:
        """An error about a value that the file sets, such as ``("select", 0)``, found by whoever uses it."""
        path = self.path or ""
        return ConfigError(path, _line(path, _read(path), keys), f"{_name(keys)} {message}")


EMPTY = Config(None, os.curdir, {})


def find(start: str) -> str | None:
    """The settings file nearest to a directory: there or above, up to the root of the repository."""
    directory = os.path.abspath(start)
    while True:
        for name in FILE_NAMES:
            path = os.path.join(directory, name)
            # A dangling link counts, so that load() complains about it.
            there = os.path.lexists(path) and not os.path.isdir(path)
            if there and (not path.endswith(".toml") or _may_have_table(path)):
                return path
        parent = os.path.dirname(directory)
        if parent == directory or os.path.lexists(os.path.join(directory, ".git")):
            return None
        directory = parent


def load(path: str) -> Config:
    """The settings in a file; raises ``ConfigError`` for the first thing in it that is wrong.

    A file whose name ends in ``.toml`` must have the table ``[tool.netraw-lint]``; any other is YAML.
    """
    from netraw_lint import certain

    text = _read(path)
    if not path.endswith(".toml") and (sure := certain.values(text)) is not None:
        return Config(path, os.path.dirname(os.path.abspath(path)), _frozen(sure))
    try:
        values = _parse_toml(path, text) if path.endswith(".toml") else _parse_yaml(path, text)
        values = _plain(values, iter(range(_MOST_VALUES)))
        keys, complaint = _first_complaint(values)
        if complaint is not None:
            raise ConfigError(path, _line(path, text, keys), complaint)
    except RecursionError:
        raise ConfigError(path, None, "the settings are nested too deeply") from None
    except StopIteration:
        raise ConfigError(path, None, f"the settings hold more than {_MOST_VALUES} values") from None
    return Config(path, os.path.dirname(os.path.abspath(path)), _frozen(values))


def _may_have_table(path: str) -> bool:
    """Whether a TOML file has our table, or is so broken that ``load`` must say so."""
    try:
        text = _read(path)
        if TABLE[1] not in text:  # spares most projects the import of tomllib
            return False
        import tomllib

        return _lookup(tomllib.loads(text), TABLE) is not _MISSING
    except (ConfigError, ValueError, RecursionError):
        return True


def _read(path: str) -> str:
    """The text of a file, with ``\\n`` newlines and without a byte order mark."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ConfigError(path, None, f"cannot be read: {error.strerror}") from error
    try:
        return data.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigError(path, data.count(b"\n", 0, error.start) + 1, "is not UTF-8") from error


def _line(path: str, text: str, keys: Keys) -> int | None:
    """The line of the key or list item that ``keys`` lead to."""
    return _toml_line(text, keys) if path.endswith(".toml") else _yaml_line(text, keys)


def _yaml() -> Any:
    """A reader of YAML 1.2 that knows no dates, so that an impossible one is a value to complain about."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor

    class Constructor(SafeConstructor):
        pass

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    return yaml


def _parse_yaml(path: str, text: str) -> Any:
    """The values in a YAML text; an empty one sets nothing."""
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        values = _yaml().load(text)
    except DuplicateKeyError as error:
        key = str(error.problem).partition(" with value ")[0].removeprefix("found ")
        raise ConfigError(path, _mark_line(text, error.problem_mark.index), key) from error
    except MarkedYAMLError as error:
        index = error.problem_mark.index if error.problem_mark else 0
        message = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(path, _mark_line(text, index), f"not valid YAML: {message}") from error
    except ReaderError as error:
        message = f"not valid YAML: the character {error.character!r} is not allowed"
        raise ConfigError(path, _mark_line(text, error.position), message) from error
    except (ValueError, LookupError, ArithmeticError) as error:  # a tag that its value does not fit
        raise ConfigError(path, None, f"not valid YAML: {error}") from error
    return {} if values is None else values


def _mark_line(text: str, index: int) -> int:
    """The line of a place; the marks' own lines also count breaks that no editor counts."""
    return text.count("\n", 0, index) + 1


def _yaml_line(text: str, keys: Keys) -> int:
    node = _yaml().compose(text)
    mark = node.start_mark
    for key in keys:
        if node.id == "sequence":
            node = node.value[key]
            mark = node.start_mark
            continue
        entry = next((pair for pair in node.value if pair[0].value == str(key)), None)
        if entry is None:  # it came in by a merge key
            break
        mark, node = entry[0].start_mark, entry[1]
    return _mark_line(text, mark.index)


def _parse_toml(path: str, text: str) -> Any:
    import tomllib

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        number = place.removeprefix("line ").partition(",")[0]
        line = int(number) if number.isdigit() else len(text.splitlines())
        raise ConfigError(path, line, f"not valid TOML: {message}") from error
    values = _lookup(content, TABLE)
    if values is _MISSING:
        raise ConfigError(path, None, f"has no table [{'.'.join(TABLE)}]")
    return values


def _toml_line(text: str, keys: Keys) -> int:
    """The first line that a value needs: tomllib keeps no positions, so cut the text until it is gone.

    A text cut within a list of many lines is closed by hand, one cut within anything else is prolonged.
    """
    import bisect
    import tomllib

    lines = text.split("\n")

    def has_value(count: int) -> bool:
        for end in range(count, len(lines)):
            for closing in ("", "\n]"):
                try:
                    content = tomllib.loads("\n".join(lines[:end]) + closing)
                except ValueError:
                    continue
                return _lookup(content, TABLE + keys) is not _MISSING
        return True

    return bisect.bisect_left(range(len(lines)), True, key=has_value)


def _lookup(value: Any, keys: Iterable[str | int]) -> Any:
    """The value that ``keys`` lead to, or ``_MISSING``."""
    for key in keys:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return _MISSING
    return value


def _plain(value: Any, budget: Iterator[int]) -> Any:
    """A copy with TOML's dates as text; raises ``StopIteration`` when the budget is spent."""
    next(budget)
    if isinstance(value, dict):
        return {key: _plain(item, budget) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, budget) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _frozen(value: Any) -> Any:
    """A copy with tuples for lists."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _first_complaint(values: Any) -> tuple[Keys, str | None]:
    """What is wrong with the settings and where, for the wrong value that comes first in the file."""
    from jsonschema import Draft202012Validator

    from netraw_lint.schemas_dir import read_schema

    schema = read_schema("config.schema.json")
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    complaints = []
    for error in validator.iter_errors(values):
        # A missing key comes after the keys that are there: one of them may be it, misspelt.
        last = [_MOST_VALUES] if error.validator in ("required", "anyOf") else []
        complaints += [(_order(values, keys) + last, keys, told) for keys, told in _complaints(error)]
    return min(complaints, key=lambda found: found[0], default=((), (), None))[1:]


def _order(values: Any, keys: Keys) -> list[int]:
    """Where a value stands in the file, for sorting."""
    order = []
    for key in keys:
        order.append(key if isinstance(values, list) and isinstance(key, int) else list(values).index(key))
        values = values[key]
    return order


def _complaints(error: ValidationError) -> Iterator[tuple[Keys, str]]:
    """The places and messages of one error of jsonschema."""
    keys: Keys = tuple(error.absolute_path)
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        for key in value:
            if key not in schema["properties"]:
                yield (*keys, key), _unknown(key, keys, schema["properties"])
    elif error.validator == "uniqueItems":
        again = next(index for index, item in enumerate(value) if item in value[:index])
        yield (*keys, again), f"{_name(keys)} has {_show(value[again])} twice"
    elif "propertyNames" in error.absolute_schema_path:
        yield (*keys, value), f"a key of {_name(keys)} {_explain(error)}"
    else:
        yield keys, f"{_name(keys)} {_explain(error)}"


def _unknown(key: Any, keys: Keys, known: Iterable[str]) -> str:
    """What to say about a key that does not exist."""
    from difflib import get_close_matches

    place = f" in {_name(keys)}" if keys else ""
    meant = get_close_matches(str(key), known, 1)
    hint = f': did you mean "{meant[0]}"?' if meant else f" (the keys are {_listed(known, 'and')})"
    return f"unknown key {_show(str(key))}{place}{hint}"


def _explain(error: ValidationError) -> str:
    """What a value should have been; a test proves that every keyword of the schema has its words."""
    allowed: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "type":
            example = "" if allowed == "boolean" else f" such as {_json(schema['examples'][0])}"
            return f"must be {_TYPES[allowed]}{example}, not {_show(value)}"
        case "enum":
            return f"must be {_listed(map(_show, allowed), 'or')}, not {_show(value)}"
        case "pattern" | "format" if value.strip():
            kind = "a date like" if "format" in schema else "something like"
            return f"must be {kind} {_listed(map(_show, schema['examples']), 'or')}, not {_show(value)}"
        case "required":
            return f"needs {_listed((_show(key) for key in allowed if key not in value), 'and')}"
        case "anyOf":
            names = (_show(key) for choice in allowed for key in choice["required"])
            return f"needs at least one of {_listed(names, 'and')}, or it would match everything"
        case _:
            return "must not be empty"


def _name(keys: Keys) -> str:
    """A place as people write it: ``workloads[0].shape``."""
    if not keys:
        return "the settings"
    name = ""
    for key in keys:
        text = str(key)
        if isinstance(key, int):
            name += f"[{key}]"
        elif text.replace("-", "").replace("_", "").isalnum():
            name += f".{text}" if name else text
        else:
            name += f"[{_json(text)}]"
    return name


def _show(value: Any) -> str:
    """A value in a message: a short one in full, another by what it is."""
    match value:
        case str():
            return _json(value if len(value) <= 60 else f"{value[:60]}…")
        case bool() | None:
            return _json(value)
        case int() | float():
            return f"the number {value}"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return f"a {type(value).__name__}"


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _listed(words: Iterable[str], last: str) -> str:
    """``a, b or c``."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end
