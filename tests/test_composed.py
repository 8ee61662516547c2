"""What is composed once for all is what events say, its anchors included; and whoever asks again is told the same."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from netraw_lint import manifest, yamltree
from netraw_lint.catalogue import Catalogue
from netraw_lint.fix import composed
from netraw_lint.fix.composed import Composed
from netraw_lint.judge import Judge
from netraw_lint.model import Settings, Source
from netraw_lint.schemas_dir import read_catalogue
from netraw_lint.splitting import Chunk

FIXTURES = Path(__file__).parent / "fixtures"
SIGNS = ("&a ", "&b\n", "? &c ", "[&d ", "{&e x: ", "- &f ", "&g [", "'", ":", "\n", "\t", "é", "\ufeff")
# Each has anchors where it is not plain what they belong to.
ANCHORS = (
    "&a key: value\n",
    "&a\nkey: value\n",
    "&a {b: c}\n",
    "&a {b: c}: d\n",
    "&m\n&k key: value\n",
    "[&a b: c, &d e, &f [g], &h {i: j}, &k : l]\n",
    "{&a b: &c d, &e : &f , ? &g h : &i {}}\n",
    "- &a\n- &b\n- &c d\n- &e [f]\n-\n  &g h: i\n- &j\n  k: l\n",
    "? &a b\n: &c d\n? &e\n  - f\n: &g\n  h: i\n",
    "a: &b\nc: &d\n  e: &f |\n    g\nh: &i\n- j\n",
    "? v\n&b k: w\n",
    "&a",
    "--- &a\nb: c\n",
    'é: "&a"\n&b c: d & e\n',
    "\U0001f600: &a b\nc: &d e\n",
)


def shape(tree: yamltree.Tree) -> list[object]:
    """Everything that a tree says, without the identities of its nodes."""
    found: list[object] = []
    stack: list[Any] = [tree.root]
    while stack:
        node = stack.pop()
        value = node.value if isinstance(node, yamltree.ScalarNode) else len(node.value)
        style = getattr(node, "style", None), getattr(node, "flow_style", None)
        place = node.start_mark.index, node.end_mark.index
        found.append((type(node).__name__, node.tag, value, style, place, id(node) in tree.anchored))
        if isinstance(node, yamltree.MappingNode):
            stack += [part for pair in node.value for part in pair]
        elif isinstance(node, yamltree.SequenceNode):
            stack += node.value
    return found


def both(text: str) -> list[list[object]]:
    """What events say of a text, and what is made of what was composed."""
    said = []
    data = text.encode()
    for trees in (yamltree.trees, Composed().trees):
        found: list[object] = []
        try:
            found += [shape(tree) for tree in trees(data)]
        except yamltree.YamlError as error:
            found.append((error.message, error.index))
        said.append(found)
    return said


@pytest.mark.parametrize("text", ANCHORS)
def test_an_anchor_belongs_to_the_node_that_it_stands_at(text: str) -> None:
    events, made = both(text)

    assert made == events
    assert any(node[-1] for node in made[0])  # type: ignore[attr-defined]


def test_a_composed_tree_is_the_tree_of_events() -> None:
    chance = random.Random(5)
    paths = sorted((FIXTURES / "fix").rglob("*.yaml"))
    assert paths
    for path in paths:
        text = path.read_bytes().decode(errors="replace").replace("*", "x").replace("!", "x")
        at = chance.randrange(len(text) + 1)
        for each in (text, text[:at] + chance.choice(SIGNS) + text[at:]):
            events, made = both(each)
            assert made == events, each


def test_aliases_and_tags_are_left_to_events() -> None:
    text = "a: &a !!str b\nc: *a\nd: [*a, ! e]\n"

    (tree,) = Composed().trees(text.encode())

    assert sorted(tree.aliases.values()) == [(17, 19), (24, 26)]
    assert shape(tree) == shape(next(yamltree.trees(text.encode())))


def test_a_text_is_composed_once_until_it_is_given_away() -> None:
    known = Composed()

    (root,) = known.roots(b"a: b\n")

    assert next(known.roots(b"a: b\n")) is root
    assert next(known.trees(b"a: b\n")).root is root
    assert next(iter(known.given_away(b"a: b\n"))) is root
    assert next(iter(known.given_away(b"a: b\n"))) is not root
    assert next(known.roots(b"a: b\n")) is not root


def test_of_large_texts_few_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composed, "_MOST_BYTES", 10)
    known = Composed()
    texts = (b"a: 1\n", b"b: 2\n", b"c: 3\n")

    roots = [next(iter(list(known.roots(text)))) for text in texts]

    assert [next(known.roots(text)) is root for text, root in zip(texts, roots, strict=True)][1:] == [
        True,
        True,
    ]
    assert next(known.roots(texts[0])) is not roots[0]
    (large,) = known.roots(b"d: 0123456789\n")
    assert next(known.roots(b"d: 0123456789\n")) is large


def test_what_cannot_be_read_to_its_end_is_not_remembered() -> None:
    known = Composed()
    text = b"a: b\n---\nc: [\n"

    said = []
    for _ in range(2):
        with pytest.raises(yamltree.YamlError) as error:
            list(known.roots(text))
        said.append(error.value.message)

    assert said[0] == said[1]


@pytest.mark.parametrize("merge", ["<<: no mapping", '! "<<": {}', "<<: [{a: b}, c]"])
def test_a_document_that_was_refused_is_refused_for_the_same_reason_again(merge: str) -> None:
    text = f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    {merge}\n".encode()
    known = Composed()
    judge = Judge(Settings(), Catalogue(read_catalogue), lambda: None, compose=known.roots)
    source, chunk = Source("a.yaml", text), Chunk(0, 0, text)

    first, again = (list(judge.findings(source, chunk)) for _ in range(2))

    assert [finding.rule for finding in first] == ["NRL900"]
    assert again == first
    (one,), (other,) = (list(manifest.read(source, chunk, known.roots)) for _ in range(2))
    assert one.root is other.root  # type: ignore[union-attr]
