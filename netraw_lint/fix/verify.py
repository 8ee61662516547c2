"""Proof that an edit changed what was meant and nothing else.

Both texts are read twice: by libyaml, as Kubernetes reads them, and by ruamel.yaml's pure YAML 1.2 reader (JSON
by Python's), so that nothing is ever written where readers disagree. The effective data of the new text, with
aliases and merges resolved and scalars untyped, must be the effective data of the old one with the intended
changes.
"""

from __future__ import annotations

from functools import lru_cache

from netraw_lint import yamltree
from netraw_lint.yamltree import MappingNode, ScalarNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from netraw_lint.fix.plan import Change
    from netraw_lint.nodes import Node
    from netraw_lint.yamltree import Tree

    Data = Any
    Intent = Callable[[Data], Data]

_DISAGREE = "two YAML readers do not agree about it"


class ProofError(Exception):
    """The new text is not what was intended; the message says how it differs."""


def effective(node: Node, intents: Mapping[int, Intent]) -> Data:
    """The effective data below a node, with the intents applied to the data of their nodes. Raises YamlError."""
    if isinstance(node, ScalarNode):
        data: Data = (node.tag, bool(node.style), node.value)
    elif isinstance(node, MappingNode):
        data = {key: effective(value, intents) for key, (_, value) in yamltree.entries(node).items()}
    else:
        data = [effective(item, intents) for item in node.value]
    intent = intents.get(id(node))
    return intent(data) if intent else data


class Written:
    """A name that the fixer writes: equal to a string scalar of that text, quoted or not."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and other[0] is None and other[2] == self.name

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Written({self.name!r})"


def intents(changes: Sequence[Change]) -> dict[int, Intent]:
    """What each changed holder's data should become."""
    return {id(change.holder): _intent(change) for change in changes}


def _intent(change: Change) -> Intent:
    def in_holder(data: Data) -> Data:
        context = _in_context(data.get("securityContext"), change)
        rest = {key: value for key, value in data.items() if key != "securityContext"}
        return rest if change.is_fragment and not context else {**rest, "securityContext": context}

    def in_context(data: Data) -> Data:
        return _in_context(data, change)

    return in_context if change.direct else in_holder


def _in_context(context: Data, change: Change) -> Data:
    remedy = change.remedy
    context = context if isinstance(context, dict) else {}
    lists = context.get("capabilities")
    lists = dict(lists) if isinstance(lists, dict) else {}
    add = lists.get("add") or []
    drop = lists.get("drop")
    if remedy.remove:
        add = [item for index, item in enumerate(add) if index not in remedy.remove]
    drop = list(drop) if isinstance(drop, list) else []
    for index, name in remedy.respell:
        drop[index] = Written(name)
    if remedy.append:
        drop.append(Written(remedy.append))
    if remedy.remove and not add:
        lists.pop("add")
        if change.is_fragment and not lists:
            return {key: value for key, value in context.items() if key != "capabilities"}
        if not drop and len(lists) <= ("drop" in lists):
            drop = [Written("NET_RAW")]
    elif remedy.remove:
        lists["add"] = add
    if drop:
        lists["drop"] = drop
    return {**context, "capabilities": lists}


def prove(old: Tree, new: Tree, old_text: str, new_text: str, intended: Mapping[int, Intent]) -> None:
    """Compare two composed texts, the old one known to be read alike by two readers. Raises ProofError."""
    try:
        if effective(old.root, intended) != effective(new.root, {}):
            raise ProofError("something else than the planned entries would change")
    except RecursionError:
        raise ProofError("it nests too deeply to be compared") from None
    read_twice(new, new_text)
    if old_text.lstrip()[:1] in ("{", "[") and _as_json(old_text) is not None and _as_json(new_text) is None:
        raise ProofError("the document would no longer be JSON")


# -- the second reading -----------------------------------------------------------------------------------------


def read_twice(tree: Tree, text: str) -> None:
    """Compare libyaml's reading of a text with another reader's. Raises ProofError where they differ."""
    other = _as_json(text)
    if other is None:
        other = _read_by_ruamel(_without_tabs(tree, text))
    mine = _written(tree)
    if mine != other:
        number = next((n for n, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), 0)
        what = mine[number] if mine else ""
        near = f": {what[0]!r}" if isinstance(what, tuple) and isinstance(what[0], str) else ""
        raise ProofError(f"{_DISAGREE}{near[:60]}")


def _written(tree: Tree) -> list[Data]:
    """What is written, in order: brackets, scalars, and aliases as the place of what they stand for."""
    found: list[Data] = []
    places: dict[int, int] = {}
    # A bracket that closes stands for itself, and an alias for its node in a tuple.
    stack: list[Any] = [tree.root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            found.append(node)
            continue
        if isinstance(node, tuple):
            found.append(places.get(id(node[0])))
            continue
        places[id(node)] = len(found)
        if isinstance(node, ScalarNode):
            found.append((node.value, bool(node.style)))
            continue
        pairs = isinstance(node, MappingNode)
        children = [part for pair in node.value for part in pair] if pairs else node.value
        if tree.aliases:
            children = [
                (child,) if (id(node), number) in tree.aliases else child
                for number, child in enumerate(children)
            ]
        found.append("{" if pairs else "[")
        stack.append("}" if pairs else "]")
        stack += reversed(children)
    return found


def _without_tabs(tree: Tree, text: str) -> str:
    """The text with blanks for the tabs outside of its scalars.

    YAML allows them between tokens, and libyaml and its ports read them; ruamel.yaml does not.
    """
    if "\t" not in text:
        return text
    spans, stack, seen = [], [tree.root], set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode):
            spans.append((node.start_mark.index, node.end_mark.index))
        elif isinstance(node, MappingNode):
            stack += [part for pair in node.value for part in pair]
        else:
            stack += node.value
    parts, at = [], 0
    for start, end in sorted(spans):
        parts += [text[at:start].replace("\t", " "), text[max(at, start) : end]]
        at = max(at, end)
    return "".join([*parts, text[at:].replace("\t", " ")])


# What one edit has made is what the next one begins with.
@lru_cache(maxsize=4)
def _read_by_ruamel(text: str) -> list[Data]:
    """The same from ruamel.yaml's pure reader. Raises ProofError where it cannot read the text."""
    from ruamel.yaml import events
    from ruamel.yaml.error import YAMLError

    from netraw_lint.fix import second

    found: list[Data] = []
    places: dict[str, int] = {}
    brackets = {
        events.MappingStartEvent: "{",
        events.MappingEndEvent: "}",
        events.SequenceStartEvent: "[",
        events.SequenceEndEvent: "]",
    }
    documents = 0
    try:
        for event in second.events(text):
            kind = type(event)
            if kind is events.ScalarEvent:
                if event.anchor:
                    places[event.anchor] = len(found)
                found.append((event.value, bool(event.style)))
            elif kind in brackets:
                if getattr(event, "anchor", None):
                    places[event.anchor] = len(found)
                found.append(brackets[kind])
            elif kind is events.AliasEvent:
                found.append(places.get(event.anchor))
            elif kind is events.DocumentStartEvent:
                documents += 1
    except (YAMLError, RecursionError, ValueError) as error:
        raise ProofError(f"a second YAML reader refuses it: {' '.join(str(error).split())[:120]}") from None
    if documents != 1:
        raise ProofError(_DISAGREE)
    return found


def _as_json(text: str) -> list[Data] | None:
    """The same from Python's JSON reader; None for what is no JSON."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    import json

    def number(digits: str) -> Data:
        return (digits, False)

    def pairs(found: Data) -> Data:
        return {"pairs": found}

    try:
        data = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_int=number,
            parse_float=number,
            parse_constant=_no_json,
        )
        return list(_flat(data))
    except (ValueError, RecursionError):
        return None


def _no_json(constant: str) -> Data:
    raise ValueError(constant)


def _flat(data: Data) -> Data:
    if isinstance(data, dict):
        yield "{"
        for key, value in data["pairs"]:
            yield (key, True)
            yield from _flat(value)
        yield "}"
    elif isinstance(data, list):
        yield "["
        for item in data:
            yield from _flat(item)
        yield "]"
    elif isinstance(data, str):
        yield (data, True)
    elif isinstance(data, tuple):
        yield data
    else:
        yield ({True: "true", False: "false", None: "null"}[data], False)
