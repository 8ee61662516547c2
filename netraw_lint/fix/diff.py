"""A change of a text as a patch that ``git apply`` takes."""

from __future__ import annotations

from difflib import SequenceMatcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    # Lines before[low:high] become after[new_low:new_high].
    Block = tuple[int, int, int, int]

_CONTEXT = 3
# Texts agree again where as many lines in a row are equal, less than so many lines further on.
_AGREEMENTS = ((8, 40), (3, 40), (1, 40))
# Above so many pairs of lines, the finest difference is not worth its time.
_MOST_PAIRS = 250_000


def unified(path: str, old: str, new: str) -> str:
    """The patch from ``old`` to ``new``; empty if they are equal.

    Lines end at ``\\n`` alone, as git counts them, so that a carriage return is part of its line.
    """
    before, after = _lines(old), _lines(new)
    # git takes the text of a name up to a tab, so one with a blank in it is followed by one.
    tab = "\t" if " " in path else ""
    parts = [f"--- {_quoted(f'a/{path}')}{tab}\n", f"+++ {_quoted(f'b/{path}')}{tab}\n"]
    for hunk in _hunks(_changes(before, after)):
        start, new_start = (max(0, place - _CONTEXT) for place in (hunk[0][0], hunk[0][2]))
        end, new_end = min(len(before), hunk[-1][1] + _CONTEXT), min(len(after), hunk[-1][3] + _CONTEXT)
        parts.append(f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n")
        at = start
        for low, high, new_low, new_high in hunk:
            parts += [_line(" ", line) for line in before[at:low]]
            parts += [_line("-", line) for line in before[low:high]]
            parts += [_line("+", line) for line in after[new_low:new_high]]
            at = high
        parts += [_line(" ", line) for line in before[at:end]]
    return "".join(parts) if len(parts) > 2 else ""


def changed_lines(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines that a patch from ``old`` to ``new`` removes and adds, with their line breaks."""
    before, after = _lines(old), _lines(new)
    removed: list[str] = []
    added: list[str] = []
    for low, high, new_low, new_high in _changes(before, after):
        removed += before[low:high]
        added += after[new_low:new_high]
    return removed, added


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _line(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    """What differs, in order. difflib alone takes hours where few of many lines differ."""
    for low, high, new_low, new_high in _unequal(before, after):
        if (high - low) * (new_high - new_low) > _MOST_PAIRS:
            yield low, high, new_low, new_high
            continue
        matcher = SequenceMatcher(None, before[low:high], after[new_low:new_high], autojunk=False)
        for tag, start, end, new_start, new_end in matcher.get_opcodes():
            if tag != "equal":
                yield low + start, low + end, new_low + new_start, new_low + new_end


def _unequal(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    """The parts between those where both texts agree for some lines."""
    at = new_at = 0
    while True:
        shortest = min(len(before) - at, len(after) - new_at)
        equal = next((n for n in range(shortest) if before[at + n] != after[new_at + n]), shortest)
        at, new_at = at + equal, new_at + equal
        if at == len(before) and new_at == len(after):
            return
        end, new_end = _agreement(before, after, at, new_at)
        yield at, end, new_at, new_end
        at, new_at = end, new_end


def _agreement(before: Sequence[str], after: Sequence[str], at: int, new_at: int) -> tuple[int, int]:
    """The nearest place from which on both texts agree; their ends, if there is none."""
    for lines, farthest in _AGREEMENTS:
        for far in range(1, farthest):
            for low, new_low in zip(
                range(at, at + far + 1), range(new_at + far, new_at - 1, -1), strict=True
            ):
                if before[low : low + 1] == after[new_low : new_low + 1] and (
                    before[low : low + lines] == after[new_low : new_low + lines]
                ):
                    return min(low, len(before)), min(new_low, len(after))
    return len(before), len(after)


def _hunks(blocks: Iterator[Block]) -> Iterator[list[Block]]:
    """Those close to each other together."""
    hunk: list[Block] = []
    for block in blocks:
        if hunk and block[0] - hunk[-1][1] > 2 * _CONTEXT:
            yield hunk
            hunk = []
        hunk.append(block)
    if hunk:
        yield hunk


def _range(start: int, end: int) -> str:
    length = end - start
    first = start + 1 if length else start
    return f"{first}" if length == 1 else f"{first},{length}"


def _quoted(path: str) -> str:
    """A path as git writes it: in quotes with octal escapes where it holds anything unusual."""
    data = path.encode(errors="surrogateescape")
    if all(32 <= byte < 127 and byte not in b'"\\' for byte in data):
        return path
    escapes = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
    return (
        '"'
        + "".join(
            f"\\{escapes[byte]}" if byte in escapes else chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
            for byte in data
        )
        + '"'
    )
