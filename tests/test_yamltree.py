"""YAML as Kubernetes reads it: go-yaml v2 and sigs.k8s.io/yaml, not PyYAML and not the specification."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netraw_lint import excess, jsontext, yamltree
from netraw_lint.yamltree import MAX_DEPTH, MappingNode, Node, ScalarNode, SequenceNode, YamlError

TRUE = "y Y yes Yes YES on On ON true True TRUE".split()
FALSE = "n N no No NO off Off OFF false False FALSE".split()


def root(text: str) -> Node:
    (found,) = yamltree.compose(text.encode())
    return found


def value(text: str, *path: str) -> Node:
    found = yamltree.get(root(text), *path)
    assert found is not None
    return found


def scalar(text: str) -> ScalarNode:
    found = yamltree.entries(root(f"key: {text}\n"))["key"][1]
    assert isinstance(found, ScalarNode)
    return found


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str) -> None:
    assert yamltree.as_bool(scalar(text)) is True
    assert yamltree.as_string(scalar(text)) is None


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str) -> None:
    assert yamltree.as_bool(scalar(text)) is False
    assert yamltree.as_string(scalar(text)) is None


@pytest.mark.parametrize("text", ["yES", "tRUE", "oN", "1", "0", "t", "null", "'true'", '"yes"', "!!str yes"])
def test_neither_true_nor_false(text: str) -> None:
    assert yamltree.as_bool(scalar(text)) is None


@pytest.mark.parametrize("text", ["!!bool yes", '!!bool "true"', "!<tag:yaml.org,2002:bool> y"])
def test_tagged_booleans(text: str) -> None:
    assert yamltree.as_bool(scalar(text)) is True


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL", "!!null ''", "# a comment"])
def test_null(text: str) -> None:
    assert yamltree.is_null(scalar(text))
    assert yamltree.as_string(scalar(text)) is None
    assert yamltree.get(root(f"key: {text}\n"), "key") is None


@pytest.mark.parametrize("text", ["nULL", "''", '""', "'null'", "'~'", "!!str", "!!str null"])
def test_not_null(text: str) -> None:
    assert not yamltree.is_null(scalar(text))
    assert yamltree.as_string(scalar(text)) is not None


@pytest.mark.parametrize(
    "text", ["1", "-1", "+1", "1_000", "0x1F", "0b1", "0o7", "1.5", ".5", "1e3", "-.inf", ".NaN"]
)
def test_a_number_is_no_string(text: str) -> None:
    assert yamltree.as_string(scalar(text)) is None
    assert yamltree.as_string(scalar(f"'{text}'")) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NET_RAW", "NET_RAW"),
        ("2001-01-01", "2001-01-01"),
        ("1.2.3", "1.2.3"),
        ("12:30", "12:30"),
        ("0x", "0x"),
        ("!custom 1", "1"),
        ("!!str 1", "1"),
        ("!!binary TkVUX1JBVw==", "NET_RAW"),
        ("!!binary |\n  TkVU\n  X1JBVw==\n", "NET_RAW"),
        ("!!binary '***'", ""),
        ("!!binary //8=", "\ufffd\ufffd"),
        ('"\\x4eET\\u005fRAW"', "NET_RAW"),
        ("'it''s'", "it's"),
        (">-\n  NET\n  RAW\n", "NET RAW"),
    ],
)
def test_strings(text: str, expected: str) -> None:
    assert yamltree.as_string(scalar(text)) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "a mapping"),
        ("[]", "a list"),
        ("", "null"),
        ("yes", "a boolean"),
        ("12", "a number"),
        ("NET_RAW", "a string"),
        ("'12'", "a string"),
    ],
)
def test_descriptions(text: str, words: str) -> None:
    assert yamltree.describe(yamltree.entries(root(f"key: {text}\n"))["key"][1]) == words


BASES = "base: &base {k: base, b: 1}\nmore: &more {k: more, m: 1}\n"


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("{<<: *base, k: own}", {"k": "own", "b": "1"}),
        ("{k: own, <<: *base}", {"k": "base", "b": "1"}),
        ("{<<: [*base, *more]}", {"k": "base", "b": "1", "m": "1"}),
        ("{<<: [*more, *base]}", {"k": "more", "b": "1", "m": "1"}),
        ("{<<: *base, <<: *more}", {"k": "more", "b": "1", "m": "1"}),
        ("{k: own, <<: []}", {"k": "own"}),
        ("{k: own, <<: {k: inline}}", {"k": "inline"}),
        ("{k: own, <<: {<<: *base, k: nested}}", {"k": "nested", "b": "1"}),
        ("{!!merge <<: *base}", {"k": "base", "b": "1"}),
        ("{'<<': text, k: own}", {"<<": "text", "k": "own"}),
        ('{"<<": text}', {"<<": "text"}),
        ("{k: 1, k: 2}", {"k": "2"}),
        ("{k: 1, 'k': 2, \"\\x6b\": 3}", {"k": "3"}),
        ("{!!binary aw==: 1}", {"k": "1"}),
        ("{[list]: 1, k: 2}", {"k": "2"}),
        ("{yes: 1, 2: 3, ~: 4}", {"yes": "1", "2": "3", "~": "4"}),
        ("*base", {"k": "base", "b": "1"}),
    ],
)
def test_entries(mapping: str, expected: dict[str, str]) -> None:
    entries = yamltree.entries(value(f"{BASES}it: {mapping}\n", "it"))
    assert {key: node.value for key, (_, node) in entries.items()} == expected


@pytest.mark.parametrize("merged", ["text", "[text]", "", "[[]]", "[*base, 1]"])
def test_only_mappings_can_be_merged(merged: str) -> None:
    node = value(f"{BASES}it:\n  <<: {merged}\n", "it")
    with pytest.raises(YamlError, match="map merge requires map or sequence of maps") as caught:
        yamltree.entries(node)
    assert caught.value.index is not None


@pytest.mark.parametrize("text", ["a: &a\n  <<: *a\n", "a: &a\n  b: &b\n    <<: *a\n  <<: *b\n"])
def test_a_mapping_that_merges_itself(text: str) -> None:
    with pytest.raises(YamlError, match="anchor value contains itself"):
        yamltree.plain(text.encode())


def test_a_mapping_that_merges_itself_is_refused_every_time() -> None:
    node = value("a: &a\n  <<: *a\n", "a")
    for _ in range(2):
        with pytest.raises(YamlError):
            yamltree.entries(node)


@pytest.mark.parametrize("text", ["&a [*a]", "&a {k: *a}", "&a [{k: [*a]}]"])
def test_a_node_that_contains_itself(text: str) -> None:
    with pytest.raises(YamlError, match="anchor value contains itself"):
        yamltree.plain(f"it: {text}\n".encode())


def test_an_anchor_may_be_used_again() -> None:
    text = "a: &x 1\nb: *x\nc: &x 2\nd: *x\n"
    assert yamltree.plain(text.encode()) == {"a": "1", "b": "1", "c": "2", "d": "2"}


def test_an_anchor_may_be_used_again_in_a_later_document() -> None:
    text = "a: &x 1\n---\nb: &x 2\nc: &x 3\nd: *x\n---\ne: 1\n"
    found = [yamltree.entries(node) for node in yamltree.compose(text.encode())]
    assert [sorted(entries) for entries in found] == [["a"], ["b", "c", "d"], ["e"]]
    assert found[1]["d"][1].value == "3"


@pytest.mark.parametrize("text", ["a: *x\n", "a: &x 1\nb: &x 2\nc: *y\n", "a: &x 1\n---\nb: *x\n"])
def test_unknown_aliases(text: str) -> None:
    with pytest.raises(YamlError, match="undefined alias") as caught:
        list(yamltree.compose(text.encode()))
    assert caught.value.index is not None
    assert text[caught.value.index] == "*"


def test_duplicates_are_pairs_of_what_loses_and_what_wins() -> None:
    node = root("k: 1\nother: 2\n'k': 3\n<<: {}\n<<: {}\n\"\\x6b\": 4\n")
    pairs = [(first.start_mark.index, last.start_mark.index) for first, last in yamltree.duplicates(node)]
    assert pairs == [(0, 14), (14, 35)]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("a: [1\nb: 2\n", 7),
        ("é: 'ü\n", 6),
        ("ä: ö\x07\n", 4),
        ("ää: 1\nb: \x7f\n", 9),
        ("é: 1\n\tb: 2\n", 5),
        ("é: 1\nb\n", 7),
        ("😀: @x\n", 3),
    ],
)
def test_errors_count_code_points(text: str, index: int) -> None:
    with pytest.raises(YamlError) as caught:
        list(yamltree.compose(text.encode()))
    assert caught.value.index == index


def test_what_stands_in_front_of_an_error_is_still_given() -> None:
    found = yamltree.compose(b"a: 1\n--- \nb: [\n")
    assert yamltree.plain(b"a: 1\n") == {"a": "1"}
    assert isinstance(next(found), MappingNode)
    with pytest.raises(YamlError):
        next(found)


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), min_size=1
    )
)
def test_marks_count_code_points(text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    document = f"{quoted}: x\nsecond: NET_RAW\n"
    try:
        node = value(document, "second")
    except YamlError:
        return
    assert document[node.start_mark.index : node.end_mark.index] == "NET_RAW"


# Depth and size: whatever stands in a file, a run ends, soon, and says so.


def deep(kind: str, depth: int) -> str:
    match kind:
        case "flow list":
            return "a: " + "[" * depth + "]" * depth
        case "flow mapping":
            return "{a: " * depth + "1" + "}" * depth
        case "open flow":
            return "a: " + "[" * depth
        case "block mapping":
            return "".join(" " * level + "a:\n" for level in range(depth))
        case "block list":
            return "- " * depth + "a"
        case "zero-indented list":
            return "".join("  " * level + "a:\n" + "  " * level + "- b: 1\n" for level in range(depth // 2))
        case _:
            return "? " * depth + "a"


@pytest.mark.parametrize(
    "kind", ["flow list", "flow mapping", "open flow", "block mapping", "block list", "keys"]
)
def test_ten_thousand_levels_are_refused(kind: str) -> None:
    started = time.process_time()
    with pytest.raises(YamlError) as caught:
        list(yamltree.compose(deep(kind, 10_000).encode()))
    assert caught.value.index is not None
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "kind", ["flow list", "flow mapping", "block mapping", "block list", "zero-indented list"]
)
def test_what_is_not_too_deep_is_read(kind: str) -> None:
    assert list(yamltree.compose(deep(kind, MAX_DEPTH // 2).encode()))


def bomb(levels: int, width: int, kind: str) -> str:
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, levels):
        names = [f"*a{level - 1}"] * width
        match kind:
            case "lists":
                body = f"[{', '.join(names)}]"
            case "mappings":
                body = "{" + ", ".join(f"k{number}: {name}" for number, name in enumerate(names)) + "}"
            case _:
                body = "{<<: [" + ", ".join(names) + "], own: 1}"
        lines.append(f"a{level}: &a{level} {body}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", ["lists", "mappings"])
@pytest.mark.parametrize(("levels", "width"), [(10, 10), (40, 2), (1000, 9)])
def test_alias_bombs_are_refused_as_go_yaml_does(kind: str, levels: int, width: int) -> None:
    started = time.process_time()
    with pytest.raises(YamlError, match="document contains excessive aliasing"):
        list(yamltree.compose(bomb(levels, width, kind).encode()))
    assert time.process_time() - started < 2


def test_a_chain_of_merges_is_read_in_proportion() -> None:
    started = time.process_time()
    with pytest.raises(YamlError, match="excessive aliasing"):
        yamltree.plain(bomb(300, 3, "merges").encode())
    assert time.process_time() - started < 2


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_ordinary_sharing_is_read(count: int) -> None:
    lines = ["base: &base {drop: [ALL]}"] + [f"c{number}: {{capabilities: *base}}" for number in range(count)]
    assert isinstance(root("\n".join(lines)), MappingNode)


def test_expansion_counts_what_aliases_stand_for() -> None:
    assert excess.expansion(root("a: &a [1, 2]\nb: *a\nc: [*a, *a]\n")) == (17, 8)


def test_expansion_of_what_contains_itself_ends() -> None:
    assert excess.expansion(root("a: &a [*a, *a]\n"))[1] == 3


def walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from walk(item)
    elif isinstance(node, MappingNode):
        for key, item in node.value:
            yield from walk(key)
            yield from walk(item)


# JSON that libyaml refuses.


def test_a_json_stream_keeps_its_positions() -> None:
    text = '{"a": "x"} {"a": "\\ud83d\\ude00", "b": "NET_RAW"}\n{"a":"\x7f", "b":"é"}'
    roots = list(jsontext.compose(text.encode()))
    assert len(roots) == 3
    for node in roots:
        for inner in walk(node):
            if isinstance(inner, ScalarNode) and inner.value in {"a", "b", "x", "NET_RAW", "é"}:
                span = text[inner.start_mark.index : inner.end_mark.index]
                assert span.strip('"') == inner.value


@pytest.mark.parametrize("text", ['{"a": }', '{"a": 1} x', '{"a"', "{a: 1}", '[1, "'])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(YamlError):
        list(jsontext.compose(text.encode()))


def test_deep_json_is_refused() -> None:
    with pytest.raises(YamlError):
        list(jsontext.compose(b'{"a":' * 10_000 + b"1" + b"}" * 10_000))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    if 0 in data:
        return
    index: int | None = None
    try:
        for node in yamltree.compose(data):
            assert isinstance(node, Node)
    except YamlError as error:
        index = error.index
    assert index is None or 0 <= index <= len(data)


@pytest.mark.parametrize("offset", range(0, 101, 7))
def test_a_deep_indentation_is_seen_wherever_it_begins(offset: int) -> None:
    deep = b"x" * offset + b"\n" + b" " * excess.MAX_DEPTH + b"a: 1\n"

    assert excess.may_be_deep(deep)
    assert not excess.may_be_deep(deep.replace(b"  ", b" x"))
