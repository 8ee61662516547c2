"""What --fix does to real manifests, as a table, and beside it the same fix by a round-trip dumper.

    python benchmarks/fix_table.py [--no-ruamel] DIRECTORY...

Works on copies in a temporary directory; the given files stay as they are. Templates of charts are left out.

- *refused* counts findings of fixable rules that a run leaves, by reason; *verification* are those of them whose
  new text could not be proven.
- *unneeded* counts the files whose diff removes a line that the fix is not about. A line may go if it is an entry
  NET_RAW or ALL, an empty value, a key on the way to the capabilities with nothing else than these on its line, or
  if a new line at the same indentation has all its characters in their order (an insertion into a line), or lacks
  such an entry only.
- Lines are counted as `git diff` has them. *again* counts the files that a second run changes.
- The dumper is ruamel.yaml with `preserve_quotes`, no line width, and the indentation and document start that
  each file has. It gets the same changes of the data, each key at the same place. *comments* counts the comment
  lines that are gone after it, *failed* the files that it cannot load or write.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from netraw_lint import text

CHECKOUT = Path(__file__).resolve().parent.parent

_CAPABILITY = r"[\"']?(?i:(?:cap_)?net_raw|(?:cap_)?all)[\"']?"
_KEYS = "securityContext|capabilities|add|drop|requiredDropCapabilities|allowedCapabilities|defaultAddCapabilities"
_EMPTY = rf"\{{\s*\}}|\[(?:\s*{_CAPABILITY},?)*\s*\]|null|~"
ABOUT = re.compile(
    rf"(?:- )*[\"']?(?:{_KEYS})[\"']?\s*:\s*(?:{_EMPTY})?,?|{_EMPTY}|-\s+{_CAPABILITY}|{_CAPABILITY},?",
)
NAMED = re.compile(r"[\"']?\b(?:CAP_)?(?:NET_RAW|ALL)\b[\"']?,?\s*", re.IGNORECASE)


class Changed(NamedTuple):
    """A file before and after."""

    path: str
    old: str
    new: str


class Lines(NamedTuple):
    """What a set of diffs comes to."""

    added: int
    removed: int
    unneeded: list[str]


def ran(folder: Path, *args: str) -> dict[str, Any]:
    """The JSON report of a run."""
    (folder.parent / "settings.yaml").write_text("charts: skip\nrespect-gitignore: false\n", "utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "netraw_lint",
            "--config",
            "../settings.yaml",
            "--output-format=json",
            *args,
            ".",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        check=False,
    )
    if not done.stdout:
        raise SystemExit(done.stderr.decode())
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def texts(folder: Path) -> dict[str, bytes]:
    """The files below a directory."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def changes(before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[Changed]:
    """The files that differ, as text."""
    for path, old in before.items():
        if after[path] != old:
            yield Changed(path, *(text.decode(data)[0].decode() for data in (old, after[path])))


def holds(line: str, part: str) -> bool:
    """Whether a line has all characters of another in their order, at the same indentation."""
    rest = iter(line.strip())
    return indentation(line) == indentation(part) and all(char in rest for char in part.strip())


def indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def is_needed(line: str, added: Iterable[str]) -> bool:
    """Whether a removed line is one that the fix is about."""
    bare = re.sub(r"\s+#.*", "", line).strip()
    if ABOUT.fullmatch(bare):
        return True
    less = NAMED.sub("", line)
    return any(holds(new, line) or (less != line and holds(new, less)) for new in added)


def changed_lines(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines that git says are removed and added."""
    git = [
        "git",
        "-c",
        "core.autocrlf=false",
        "diff",
        "--no-index",
        "--text",
        "--no-color",
        "-U0",
        "old",
        "new",
    ]
    with tempfile.TemporaryDirectory() as name:
        for side, given in (("old", old), ("new", new)):
            (Path(name) / side).write_bytes(given.encode())
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(git, cwd=name, env=environment, capture_output=True, check=False)
    lines = done.stdout.decode().partition("\n@@")[2].split("\n")[1:]
    return [line[1:] for line in lines if line[:1] == "-"], [line[1:] for line in lines if line[:1] == "+"]


def counted(changed: Iterable[Changed]) -> Lines:
    """The lines added and removed, and the files with a removed line that no fix is about."""
    plus = minus = 0
    unneeded = []
    for path, old, new in changed:
        removed, added = changed_lines(old, new)
        plus, minus = plus + len(added), minus + len(removed)
        if not all(is_needed(line, added) for line in removed):
            unneeded.append(path)
    return Lines(plus, minus, unneeded)


# --- the round-trip dumper -----------------------------------------------------------------------------------


def style(given: str) -> tuple[int, int, int]:
    """The indentation of mappings and sequences in a text and the offset of dashes, by its first of each."""
    mapping = re.search(r"^([\w.\"'/-]+):[ \t]*(?:#.*)?\n( +)[\w\"']", given, re.MULTILINE)
    step = len(mapping[2]) if mapping else 2
    listed = re.search(r"^( *)(- )?[\w.\"'/-]+:[ \t]*(?:#.*)?\n( *)- ", given, re.MULTILINE)
    if listed is None:
        return step, 2, 0
    offset = max(0, len(listed[3]) - len(listed[1]) - len(listed[2] or ""))
    return step, offset + 2, offset


def follow(old: Any, new: Any) -> None:
    """Make the data of a round-trip tree those of another, by as few changes as possible."""
    if isinstance(old, CommentedMap) and isinstance(new, dict):
        for key in [key for key in list(old) if key not in new]:
            del old[key]
        for place, (key, value) in enumerate(new.items()):
            if key not in old:
                old.insert(min(place, len(old)), key, plain(value))
            elif (old[key] is None or old[key] == {} or old[key] == []) and value:
                old[key] = plain(value)
            else:
                follow(old[key], value)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) == len(new):
            for place, value in enumerate(new):
                if isinstance(value, str) and old[place] != value:
                    old[place] = str(value)
                else:
                    follow(old[place], value)
            return
        for place in [place for place, value in enumerate(old) if value not in new][::-1]:
            del old[place]
        old.extend(plain(value) for value in new[len(old) :])


def plain(value: Any) -> Any:
    """A value without the style it was written in."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else str(value)


def dumped(changed: Changed) -> str | None:
    """The old text with the same fix made by ruamel.yaml; None if it cannot."""
    line_break = "\r\n" if "\r\n" in changed.old else "\n"
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    step, sequence, offset = style(changed.old)
    yaml.indent(mapping=step, sequence=sequence, offset=offset)
    yaml.explicit_start = bool(re.match(r"(?:\s*#.*\n|\s*\n)*---", changed.old))
    yaml.line_break = line_break
    try:
        old, new = list(yaml.load_all(changed.old)), list(yaml.load_all(changed.new))
        for pair in zip(old, new, strict=True):
            follow(*pair)
        stream = io.StringIO(newline="")
        yaml.dump_all(old, stream)
    except Exception:  # noqa: BLE001 - whatever a dumper may raise is a failure to count
        return None
    return stream.getvalue()


def comments(given: str) -> Counter[str]:
    """The comments of a text that stand on lines of their own."""
    return Counter(line.strip() for line in given.splitlines() if line.strip().startswith("#"))


def by_dumper(changed: list[Changed]) -> tuple[Lines, int, int]:
    """The lines of the dumper's diffs, the comments it loses, and the files it fails on."""
    done = []
    lost = failed = 0
    for each in changed:
        new = dumped(each)
        if new is None:
            failed += 1
        else:
            done.append(each._replace(new=new))
            lost += (comments(each.old) - comments(new)).total()
    return counted(done), lost, failed


# --- the table -----------------------------------------------------------------------------------------------

HEAD = (
    "directory | files | documents | fixable | fixed | refused | verification | "
    "containers | + | − | unneeded | again | CPU s"
)
HEAD_DUMPER = " | ruamel + | ruamel − | unneeded | comments | failed"


def about(finding: dict[str, Any]) -> str:
    """What a finding is about: a container or an object."""
    return json.dumps([finding[key] for key in ("path", "document", "object", "container")])


def row(name: str, folder: Path, ruamel: bool) -> tuple[list[str], Counter[str], list[str]]:
    """A row of the table, the reasons of refusals, and the files with unneeded lines."""
    before, found = texts(folder), ran(folder)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    left = ran(folder, "--fix")
    unwritten = [each["message"] for each in left["problems"] if each["stage"] == "write"]
    if unwritten:
        raise SystemExit(f"{name}: {unwritten[0]}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    after = texts(folder)
    ran(folder, "--fix")
    again = sum(data != after[path] for path, data in texts(folder).items())

    fixable = [each for each in found["findings"] if each["fix"] == "safe"]
    rest = Counter(each["identity"] for each in left["findings"])
    gone = [
        each for each in found["findings"] if rest.subtract([each["identity"]]) or rest[each["identity"]] < 0
    ]
    refused = Counter(
        str(each["refusal"]).partition("; ")[0]
        for each in left["findings"]
        if each["refusal"] or each["fix"] == "safe"
    )
    containers = len({about(each) for each in gone})
    changed = list(changes(before, after))
    lines = counted(changed)
    cells = [
        *(name, found["summary"]["files"], found["summary"]["documents"], len(fixable), len(gone)),
        *(refused.total(), sum(n for why, n in refused.items() if why.startswith("verification"))),
        *(containers, per(lines.added, containers), per(lines.removed, containers)),
        *(len(lines.unneeded), again),
        f"{now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime:.1f}",
    ]
    if ruamel:
        theirs, lost, failed = by_dumper(changed)
        cells += [per(theirs.added, containers), per(theirs.removed, containers)]
        cells += [f"{len(theirs.unneeded)} of {len(changed)}", lost, failed]
    return [str(cell) for cell in cells], refused, lines.unneeded


def per(lines: int, containers: int) -> str:
    return f"{lines / containers:.2f}" if containers else "-"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIRECTORY")
    parser.add_argument("--no-ruamel", action="store_true", help="leave the dumper out")
    parsed = parser.parse_args()
    head = HEAD if parsed.no_ruamel else HEAD + HEAD_DUMPER
    print(f"| {head} |\n|{'---|' * (head.count('|') + 1)}", flush=True)
    reasons: Counter[str] = Counter()
    unneeded = []
    for directory in parsed.directories:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "copy"
            shutil.copytree(directory, folder, symlinks=True, ignore=shutil.ignore_patterns(".git"))
            for path in (folder, *folder.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | stat.S_IWUSR)
            cells, refused, files = row(directory.resolve().name, folder, not parsed.no_ruamel)
        print(f"| {' | '.join(cells)} |", flush=True)
        reasons += refused
        unneeded += [f"{directory.resolve().name}/{path}" for path in files]
    print("\n| refused | reason |\n|---|---|")
    for why, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        print(f"| {count} | {why} |")
    for path in unneeded:
        print(f"\nunneeded lines: {path}")


if __name__ == "__main__":
    main()
