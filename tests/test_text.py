"""Bytes to text and back, offsets to lines and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netraw_lint import text

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
LINES = st.text(st.sampled_from("a\n\r\té\u2028\x85😀"), max_size=40)
BOMS = {"utf-8": [b"", text.UTF8_BOM], "utf-16-le": [b"\xff\xfe"], "utf-16-be": [b"\xfe\xff"]}
FORMS = [(encoding, bom) for encoding, boms in BOMS.items() for bom in boms]


@given(TEXTS, st.sampled_from(FORMS))
def test_what_was_encoded_is_decoded(content: str, form: tuple[str, bytes]) -> None:
    encoding, bom = form
    if not bom and content.startswith("\ufeff"):
        content = content.lstrip("\ufeff")
    assert text.decode(text.encode(content, encoding, bom)) == (content.encode(), encoding, bom)


@given(st.one_of(st.binary(max_size=40), st.binary(max_size=40).map(lambda tail: b"\xff\xfe" + tail)))
def test_what_was_decoded_is_encoded_to_the_same_bytes(raw: bytes) -> None:
    try:
        data, encoding, bom = text.decode(raw)
    except text.UndecodableText as error:
        place = error.offset, error.line
    else:
        place = 0, 1
        assert text.encode(data.decode(), encoding, bom) == raw
    assert 0 <= place[0] <= len(raw)
    assert 1 <= place[1] <= raw.count(b"\n") + 1


@pytest.mark.parametrize(
    ("raw", "offset", "line", "words"),
    [
        (b"a: 1\nb: \xe9\n", 8, 2, "not UTF-8: byte 0xe9 at offset 8 (line 2)"),
        (text.UTF8_BOM + b"a\n\xff", 5, 2, "byte 0xff at offset 5 (line 2)"),
        (b"a: \xed\xa0\x80", 3, 1, "not UTF-8"),  # a surrogate
        (b"cut: \xf0\x9f\x98", 5, 1, "not UTF-8"),
        (b"a\nb\0c", 3, 2, "NUL byte at offset 3 (line 2)"),
        ("é\n\0".encode(), 3, 2, "NUL byte at offset 3 (line 2)"),
        ("a: 1".encode("utf-16-le"), 1, 1, "UTF-16 without a byte order mark"),
        (b"\xff\xfe" + "é\n\0".encode("utf-16-le"), 6, 2, "NUL byte at offset 6 (line 2)"),
        (b"\xff\xfea\0\n\0b", 6, 2, "not UTF-16: byte 0x62 at offset 6 (line 2)"),
        (b"\xfe\xff\xd8\x00\x00a", 2, 1, "not UTF-16"),
        ("a".encode("utf-32"), 0, 1, "UTF-32"),
        (b"\x00\x00\xfe\xff\x00\x00\x00a", 0, 1, "UTF-32"),
    ],
)
def test_bytes_that_are_no_text_say_where(raw: bytes, offset: int, line: int, words: str) -> None:
    with pytest.raises(text.UndecodableText) as caught:
        text.decode(raw)
    assert (caught.value.offset, caught.value.line) == (offset, line)
    assert words in str(caught.value)


@given(LINES, st.data())
def test_positions_count_line_feeds_only_and_lead_back(content: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(content)))
    lines = text.Lines(content)
    line, column = lines.position(offset)
    assert line == content.count("\n", 0, offset) + 1
    assert column == offset - (content.rfind("\n", 0, offset) + 1) + 1
    assert lines.offset(line, column) == offset
    assert lines.line_text(offset) == content.split("\n")[line - 1].removesuffix("\r")


def test_a_line_is_shown_without_its_break() -> None:
    lines = text.Lines("a: 1\r\nb: é # \u2028\rx\r\n")
    assert lines.line_text(0) == "a: 1"
    assert lines.line_text(5) == "a: 1"
    assert lines.line_text(6) == "b: é # \u2028\rx"
    assert lines.line_text(len(lines.text)) == ""
    assert lines.position(len(lines.text)) == (3, 1)


@pytest.mark.parametrize("offset", [-1, 4])
def test_an_offset_outside_the_text_is_refused(offset: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        text.Lines("a\nb").position(offset)


@pytest.mark.parametrize("place", [(0, 1), (3, 1), (1, 0), (1, 3), (2, 3)])
def test_a_place_outside_the_text_is_refused(place: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside"):
        text.Lines("a\nb").offset(*place)
