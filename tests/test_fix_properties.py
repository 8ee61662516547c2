"""Made-up manifests in the styles of several dumpers, fixed and read again by readers of their own.

What is intended is written down here once more, on plain data, by nothing that the fixer uses. A long run:
``python tests/test_fix_properties.py FIRST_SEED CASES [plain|anchors]``.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections import Counter
from random import Random
from typing import Any, NamedTuple

import pytest
import yaml
from ruamel.yaml import YAML

from netraw_lint.catalogue import Catalogue
from netraw_lint.fixing import Fixer
from netraw_lint.model import Settings, Source
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.sources import files

CATALOGUE = Catalogue(read_catalogue)
CODES = frozenset(("NRL001", "NRL002", "NRL003", "NRL005"))
LISTS = ("containers", "initContainers", "ephemeralContainers")
MERGE = "<<merge>>"

Data = Any
Path = tuple[Any, ...]


# -- made-up data -----------------------------------------------------------------------------------------------


class Maker:
    """Random objects; with ``anchors`` the same value stands in many places, and mappings merge others."""

    def __init__(self, random: Random, anchors: bool) -> None:
        self.random = random
        self.anchors = anchors
        self.known: dict[str, list[Data]] = {}

    def documents(self) -> list[Data]:
        found = []
        for number in range(self.random.choice((1, 1, 1, 2, 3))):
            self.known = {}
            found.append(self.object(f"o{number}"))
        return found

    def object(self, name: str, is_item: bool = False) -> Data:
        kind = self.random.choice(("Pod", "Deployment", "CronJob", "Pod" if is_item else "List"))
        head = {"kind": kind, "metadata": {"name": name}}
        if kind == "List":
            items = [self.object(f"{name}-{number}", True) for number in range(self.random.randint(1, 3))]
            return {"apiVersion": "v1", **head, "items": items}
        pod = self.reused("pod", self.pod)
        if kind == "Pod":
            return {"apiVersion": "v1", **head, **self.elsewhere(), "spec": pod}
        template = {"template": {"metadata": {"labels": {"app": name}}, "spec": pod}}
        if kind == "CronJob":
            template = {"schedule": "* * * * *", "jobTemplate": {"spec": template}}
        version = "batch/v1" if kind == "CronJob" else "apps/v1"
        return {"apiVersion": version, **head, **self.elsewhere(), "spec": template}

    def elsewhere(self) -> Data:
        """Something that is no container and shares its parts."""
        if not self.anchors or self.random.random() > 0.15:
            return {}
        parts = {
            "a": lambda: self.reused("context", self.context),
            "b": lambda: self.reused("names", self.names),
            "c": lambda: self.reused("container", lambda: self.container(0)),
        }
        key = self.random.choice(list(parts))
        return {"x-data": {key: parts[key]()}}

    def pod(self) -> Data:
        pod: dict[str, Data] = {}
        for name in LISTS:
            if name == "containers" or self.random.random() < 0.3:
                pod[name] = self.reused("containers", self.containers)
        if self.random.random() < 0.1:
            pod["securityContext"] = {"runAsNonRoot": True}
        return self.ordered(pod)

    def containers(self) -> Data:
        count = self.random.choice((1, 1, 2, 3))
        return [self.reused("container", lambda n=n: self.container(n)) for n in range(count)]  # type: ignore[misc]

    def container(self, number: int) -> Data:
        found: dict[str, Data] = {"name": f"c{number}", "image": "nginx:1"}
        extra = {
            "imagePullPolicy": "Always",
            "args": ["a", "--b=c d", "x: y"],
            "command": ["sh", "-c", "echo hi\necho there\n"],
            "env": [{"name": "A", "value": "1"}],
            "ports": [{"containerPort": 80}],
            "resources": {"limits": {"cpu": "1"}},
            "stdin": True,
            "terminationMessagePath": "/dev/a long path with blanks that may be folded/by a narrow dumper",
            "workingDir": "last line\n\n",
            "volumeMounts": [],
        }
        for key in self.random.sample(sorted(extra), self.random.randint(0, 4)):
            found[key] = extra[key]
        if self.random.random() < 0.75:
            found["securityContext"] = self.reused("context", self.context)
        return self.merged("container", self.ordered(found))

    def context(self) -> Data:
        usual = (("runAsUser", 1000), ("allowPrivilegeEscalation", False), ("procMount", None))
        found: dict[str, Data] = {key: value for key, value in usual if self.random.random() < 0.3}
        if self.random.random() < 0.06:
            found["privileged"] = True
        if self.random.random() < 0.8:
            found["capabilities"] = self.reused("lists", self.lists)
        if self.random.random() < 0.05:
            return None
        return self.merged("context", self.ordered(found))

    def lists(self) -> Data:
        found: dict[str, Data] = {}
        if self.random.random() < 0.5:
            found["add"] = self.reused("names", self.names)
        if self.random.random() < 0.6:
            found["drop"] = self.reused("names", self.dropped)
        if self.random.random() < 0.05:
            return None
        return self.merged("lists", self.ordered(found))

    def names(self) -> Data:
        pool = ("NET_RAW", "CAP_NET_RAW", "net_raw", "KILL", "CHOWN", "ALL", "all", "SYS_TIME")
        return self._some(pool)

    def dropped(self) -> Data:
        pool = ("ALL", "NET_RAW", "CAP_NET_RAW", "all", "CHOWN", "KILL", "*", "net_raw", "NETRAW")
        return self._some(pool)

    def _some(self, pool: tuple[str, ...]) -> Data:
        if self.random.random() < 0.04:
            return None
        return self.random.sample(pool, self.random.choice((0, 1, 1, 1, 2, 3)))

    def ordered(self, mapping: dict[str, Data]) -> Data:
        """The keys sorted or in any order."""
        keys = sorted(mapping)
        if self.random.random() < 0.5:
            self.random.shuffle(keys)
        return {key: mapping[key] for key in keys}

    def reused(self, kind: str, make: Any) -> Data:
        known = self.known.setdefault(kind, [])
        if self.anchors and known and self.random.random() < 0.35:
            return self.random.choice(known)
        made = make()
        if isinstance(made, (dict, list)):
            known.append(made)
        return made

    def merged(self, kind: str, mapping: Data) -> Data:
        """The mapping with a merge key somewhere among its keys, for a mapping known or one of its own."""
        known = [one for one in self.known.get(kind, ()) if isinstance(one, dict)]
        if not self.anchors or self.random.random() > 0.3:
            return mapping
        if known and self.random.random() < 0.8:
            source: Data = self.random.choice(known)
            if self.random.random() < 0.2:
                source = [source, self.random.choice(known)]
        else:
            keys = [key for key in mapping if self.random.random() < 0.4]
            source = {key: mapping.pop(key) for key in keys}
            self.known.setdefault(kind, []).append(source)
        pairs = list(mapping.items())
        pairs.insert(
            self.random.choice((0, 0, len(pairs), self.random.randint(0, len(pairs)))), (MERGE, source)
        )
        return dict(pairs)


# -- dumpers ----------------------------------------------------------------------------------------------------


class Dumper(yaml.SafeDumper):
    """PyYAML's dumper with lists indented, merge keys, and literal scalars, as asked."""

    offset = False
    literal = False

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, indentless and not self.offset)

    def ignore_aliases(self, data: Data) -> bool:
        return not isinstance(data, (dict, list)) or not data


def _text(dumper: Dumper, data: str) -> Any:
    if data == MERGE:
        return yaml.ScalarNode("tag:yaml.org,2002:merge", "<<")
    style = "|" if dumper.literal and "\n" in data else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style)


Dumper.add_representer(str, _text)


def by_pyyaml(random: Random, documents: list[Data]) -> str:
    class Style(Dumper):
        offset = random.random() < 0.5
        literal = random.random() < 0.6

    return yaml.dump_all(
        documents,
        Dumper=Style,
        default_flow_style=random.choice((False, False, False, None, True)),
        default_style=None,
        indent=random.choice((2, 2, 3, 4, 8)),
        width=random.choice((20, 40, 80, 200)),
        sort_keys=False,
        explicit_start=random.choice((True, False)) or None,
        explicit_end=random.random() < 0.1 or None,
    )


def by_ruamel(random: Random, documents: list[Data]) -> str:
    writer = YAML()
    writer.default_flow_style = False
    mapping = random.choice((2, 4))
    offset = random.choice((0, 2))
    writer.indent(mapping=mapping, sequence=offset + random.choice((2, 4)), offset=offset)
    writer.explicit_start = random.random() < 0.5
    writer.width = random.choice((30, 80, 200))
    out = io.StringIO()
    writer.dump_all(json.loads(json.dumps(documents)), out)
    return out.getvalue()


def by_json(random: Random, documents: list[Data]) -> str:
    indent = random.choice((None, 1, 2, 4, "\t"))
    compact = (",", ":") if indent is None and random.random() < 0.5 else None
    return "\n".join(json.dumps(one, indent=indent, separators=compact) for one in documents) + "\n"


# -- what people do to a text -----------------------------------------------------------------------------------


def disturbed(random: Random, text: str) -> str:
    """The text with comments, blank lines and blanks, line breaks of another kind, and quotes."""
    wanted = plain(text, document_order, yaml.CBaseLoader)
    for _ in range(random.choice((0, 0, 2, 6))):
        lines = text.split("\n")
        at = random.randrange(len(lines))
        line = lines[at]
        indent = line[: len(line) - len(line.lstrip(" -"))].replace("-", " ")
        change = random.choice(("own", "behind", "blank", "trailing", "quote", "tail", "tab"))
        if change == "own":
            lines.insert(at, f"{indent}# c: [{at}")
        elif change == "tail":
            lines.insert(at + 1, f"{' ' * random.randrange(12)}#- x")
        elif change == "behind":
            lines[at] += "  # 'c'"
        elif change == "blank":
            lines.insert(at, "" if random.random() < 0.7 else "   ")
        elif change == "trailing":
            lines[at] += "  "
        elif change == "tab":
            lines[at] += "\t# c" if line.strip() else ""
        else:
            lines[at] = line.replace(" NET_RAW", " 'NET_RAW'").replace(" CHOWN", ' "CHOWN"')
        if plain("\n".join(lines), document_order, yaml.CBaseLoader) == wanted:
            text = "\n".join(lines)
    return with_breaks(random, text)


def with_breaks(random: Random, text: str) -> str:
    if random.random() < 0.2:
        text = text.rstrip("\n") if not text.rstrip("\n ").endswith(("|", ">", "+")) else text
    kind = random.choice(("\n",) * 6 + ("\r\n", "\r\n", "\r"))
    if kind == "\r" and ("#" in text or "---" in text):
        return text
    return text.replace("\n", kind)


# -- readers ----------------------------------------------------------------------------------------------------


def document_order(pairs: list[tuple[bool, str, Data]]) -> Data:
    """A mapping as go-yaml builds it: whatever comes later wins, merge keys among them."""
    found: dict[str, Data] = {}
    for is_merge, key, value in pairs:
        if is_merge:
            for source in reversed(value) if isinstance(value, list) else [value]:
                found.update(source)
        else:
            found[key] = value
    return found


def explicit_first(pairs: list[tuple[bool, str, Data]]) -> Data:
    """A mapping as the YAML merge type says: keys of its own win."""
    found = document_order([pair for pair in pairs if pair[0]])
    return {**found, **document_order([pair for pair in pairs if not pair[0]])}


def _plain(node: Any, order: Any, known: dict[int, Data]) -> Data:
    if id(node) in known:
        return known[id(node)]
    found: Data
    if node.id == "mapping":
        pairs = []
        for key, value in node.value:
            is_merge = key.value == "<<" and not key.style
            pairs.append((is_merge, key.value, _plain(value, order, known)))
        found = order(pairs)
    elif node.id == "sequence":
        found = [_plain(item, order, known) for item in node.value]
    else:
        found = (str(node.value), bool(node.style)) if node.value != "" or node.style else None
        if not node.style and node.value in ("null", "~", "Null", "NULL"):
            found = None
    known[id(node)] = found
    return found


def plain(text: str, order: Any, loader: Any = yaml.BaseLoader) -> list[Data] | None:
    """A text as plain data, read by PyYAML's own parser; None where that does not read it."""
    if text.lstrip()[:1] == "{" and text.lstrip()[1:2] in ('"', "\r", "\n"):
        found, decoder, at = [], json.JSONDecoder(), 0
        while text[at:].strip():
            at += len(text[at:]) - len(text[at:].lstrip())
            value, at = decoder.raw_decode(text, at)
            found.append(value)
        return found
    try:
        roots = list(yaml.compose_all(text.replace("\t#", " #"), loader))
        return [_plain(root, order, {}) for root in roots if root is not None]
    except yaml.YAMLError:
        return None


def by_second_reader(text: str) -> list[Data]:
    """A text as plain data, read by ruamel.yaml, keys of a mapping's own in front of merged ones."""
    if text.lstrip()[:1] == "{" and text.lstrip()[1:2] in ('"', "\r", "\n"):
        return plain(text, explicit_first) or []
    roots = list(YAML(typ="safe", pure=True).compose_all(text.replace("\t#", " #")))
    return [_plain(root, explicit_first, {}) for root in roots if root is not None]


# -- what is intended -------------------------------------------------------------------------------------------


def containers(documents: list[Data]) -> dict[Path, Data]:
    """Every container with its place: object name, path of the pod, list, index."""
    found: dict[Path, Data] = {}
    for document in documents:
        _in_object(document, found)
    return found


def _in_object(obj: Data, found: dict[Path, Data]) -> None:
    kind = word(obj["kind"])
    if kind == "List":
        for item in obj["items"]:
            _in_object(item, found)
        return
    path = {"Pod": "spec", "Deployment": "spec.template.spec"}.get(
        kind, "spec.jobTemplate.spec.template.spec"
    )
    pod = obj
    for key in path.split("."):
        pod = pod[key]
    for name in LISTS:
        for index, container in enumerate(pod.get(name) or ()):
            found[word(obj["metadata"]["name"]), path, name, index] = container


def word(value: Data) -> str:
    return str(value[0] if isinstance(value, tuple) else value)


def names(container: Data, key: str) -> list[str]:
    lists = (container.get("securityContext") or {}).get("capabilities") or {}
    return [word(name) for name in lists.get(key) or ()]


def is_privileged(container: Data) -> bool:
    return word((container.get("securityContext") or {}).get("privileged", "")).lower() == "true"


def held(container: Data) -> bool:
    """Whether NET_RAW can be held on containerd, CRI-O or Docker; a patch, which has no image, holds nothing."""
    if container.get("image") is None:
        return False
    add = {name.upper() for name in names(container, "add")}
    drop = {name.upper() for name in names(container, "drop")}
    containerd = "NET_RAW" not in drop and ("NET_RAW" in add or "ALL" not in drop)
    if not add | drop <= KNOWN:
        return containerd  # The others do not start it.
    added, dropped = bool(add & RAW), bool(drop & RAW)
    docker = not dropped if "ALL" in add else added if "ALL" in drop else added or not dropped
    crio = not dropped and (added or ("ALL" in add and "ALL" not in drop))
    return containerd or docker or crio


RAW = {"NET_RAW", "CAP_NET_RAW"}
KNOWN = RAW | {"ALL", "KILL", "CHOWN", "SYS_TIME"}


def rest(data: Data) -> Data:
    """The data without any capabilities below a securityContext, and without what is then empty."""
    if isinstance(data, dict):
        found = {key: rest(value) for key, value in data.items()}
        context = found.get("securityContext")
        if context is None or isinstance(context, dict):
            ours = ("capabilities", "securityContext")
            found["securityContext"] = {
                key: value for key, value in (context or {}).items() if key not in ours
            }
        return found
    return [rest(item) for item in data] if isinstance(data, list) else data


def intended(before: Data, after: Data) -> str:
    """What is wrong with the change of a container that was not refused; nothing is the good answer."""
    add, drop = names(before, "add"), names(before, "drop")
    new_add, new_drop = names(after, "add"), names(after, "drop")
    if held(after):
        return "NET_RAW is still held"
    without = [name for name in add if name.upper().removeprefix("CAP_") != "NET_RAW"]
    if new_add not in (add, without):
        return "add lost something else"
    if len(new_drop) - len(drop) not in (0, 1) or new_drop[len(drop) :] not in ([], ["NET_RAW"]):
        return "drop got something else"
    for old, new in zip(drop, new_drop, strict=False):
        if old != new and (old, new) not in RESPELT:
            return f"{old} became {new}"
    if not held(before) and (new_add != add or (new_drop != drop and "all" not in drop)):
        return "it was good before"
    return ""


RESPELT = {
    ("CAP_NET_RAW", "NET_RAW"),
    ("NETRAW", "NET_RAW"),
    ("all", "ALL"),
    ("*", "ALL"),
    ("net_raw", "NET_RAW"),
}


# -- the test ---------------------------------------------------------------------------------------------------


class Tried(NamedTuple):
    """What came of one case: how many containers were in need, how many were refused, and why."""

    text: str
    wanting: int
    refused: int
    reasons: list[str]


def made(seed: int, anchors: bool) -> str:
    random = Random(seed)
    documents = Maker(random, anchors).documents()
    if anchors:
        return disturbed(random, by_pyyaml(random, documents))
    dump = random.choice((by_pyyaml, by_pyyaml, by_ruamel, by_json))
    text = dump(random, documents)
    return text if dump is by_json else disturbed(random, text)


def fixed(text: str) -> tuple[str, dict[Path, str]]:
    source = files.source(text.encode(), "a.yaml")
    assert isinstance(source, Source)
    fixer = Fixer(Settings(), CATALOGUE, CODES, lambda _source, _data: None)
    (result,) = fixer.over([source])
    assert isinstance(result, Source)
    refused = {}
    for (_, _, obj, ref), refusal in fixer.refusals.items():
        assert obj is not None
        assert ref is not None
        refused[obj.name, ref.pod_path, ref.list, ref.index] = refusal.reason
    return result.data.decode(), refused


def attempt(seed: int, anchors: bool) -> Tried:
    """Fix one made-up text and compare what two readers make of both. Raises AssertionError."""
    text = made(seed, anchors)
    old = plain(text, document_order)
    if old is None:
        return Tried(text, 0, 0, [])
    new_text, refused = fixed(text)
    new = plain(new_text, document_order)
    assert new is not None, "the new text cannot be read"
    assert rest(old) == rest(new), "something else changed"
    before, after = containers(old), containers(new)
    assert list(before) == list(after)
    wanting = 0
    for place, container in before.items():
        wanting += held(container)
        if container.get("image") is None:
            continue  # A patch: only an added entry goes.
        if place in refused or is_privileged(container):
            assert container == after[place], f"{place} was refused and changed"
        else:
            problem = intended(container, after[place])
            assert not problem, f"{place}: {problem}"
    compare_other_reader(text, new_text, before, after)
    if new_text == text:
        return Tried(text, wanting, len(refused), list(refused.values()))
    again, still = fixed(new_text)
    assert again == new_text, "a second run changes something"
    assert still.keys() == refused.keys(), "a second run refuses something else"
    assert ("\r" in new_text) == ("\r" in text)
    return Tried(text, wanting, len(refused), list(refused.values()))


def compare_other_reader(text: str, new_text: str, before: dict[Path, Data], after: dict[Path, Data]) -> None:
    old, new = by_second_reader(text), by_second_reader(new_text)
    assert rest(old) == rest(new), "something else changed for another reader"
    theirs, now = containers(old), containers(new)
    for place, container in before.items():
        if theirs[place] == container:
            assert now[place] == after[place], f"{place}: readers disagree about what was written"


@pytest.mark.parametrize("anchors", [False, True], ids=["plain", "anchors"])
@pytest.mark.parametrize("block", range(5))
def test_made_up_manifests(block: int, anchors: bool) -> None:
    for seed in range(block * 30, block * 30 + 30):
        tried = attempt(seed, anchors)
        bad = [why for why in tried.reasons if why.startswith(("verification", "internal"))]
        assert not bad, f"seed {seed}: {bad}"


def main(first: int, count: int, modes: list[bool]) -> int:
    """Run many cases and say what came of them."""
    failures = 0
    for anchors in modes:
        wanting = refused = 0
        reasons: Counter[str] = Counter()
        for seed in range(first, first + count):
            try:
                tried = attempt(seed, anchors)
            except Exception as error:  # noqa: BLE001 - the next case is worth trying all the same
                failures += 1
                print(f"seed {seed} anchors {anchors}: {type(error).__name__}: {str(error)[:300]}")
                continue
            wanting += tried.wanting
            refused += tried.refused
            for why in tried.reasons:
                words = re.sub(r"lines? [0-9, and]+( more)?", "line #", why)
                reasons[words] += 1
                if why.startswith(("verification", "internal")):
                    print(f"seed {seed} anchors {anchors}: {why}")
        print(f"anchors {anchors}: {count} cases, {wanting} in need, {refused} refused")
        for words, number in reasons.most_common():
            print(f"  {number:6} {words}")
    return failures


if __name__ == "__main__":
    chosen = {"plain": [False], "anchors": [True]}.get(" ".join(sys.argv[3:]), [False, True])
    raise SystemExit(bool(main(int(sys.argv[1]), int(sys.argv[2]), chosen)))
