"""What git knows: which files differ from a revision, and what they held there.

git is given an argument vector, no shell, and a clean environment; the work tree is never touched.
"""

from __future__ import annotations

import os
import subprocess

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMEOUT = 60
# A hook or a fsmonitor of the repository is not ours to run, nor are its filters and text converters.
_SAFE = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_PLAIN = ("--name-status", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
_FILTERS = r"^filter\..*\.(clean|smudge|process|required)$"


class GitError(Exception):
    """git could not answer; the message says what to do."""


class Difference(Noun):
    """A file that differs: its path now and at the revision, None where it does not exist; both absolute."""

    now: str | None
    then: str | None


def root() -> str:
    """The top directory of the work tree around the current directory. Raises GitError."""
    return os.path.realpath(os.fsdecode(_git(["rev-parse", "--show-toplevel"]).rstrip(b"\n")))


def merge_base(revision: str) -> str:
    """The commit where the current branch left ``revision``. Raises GitError."""
    if revision.startswith("-"):
        raise GitError(f"{revision} is no revision")
    try:
        _git(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"])
    except GitError:
        hint = "; this is a shallow clone: fetch it first, e.g. git fetch --unshallow, or fetch-depth: 0"
        shallow = _git(["rev-parse", "--is-shallow-repository"]).strip() == b"true"
        raise GitError(f"git knows no revision {revision}{hint if shallow else ''}") from None
    try:
        return _git(["merge-base", revision, "HEAD"]).decode().strip()
    except GitError:
        raise GitError(
            f"{revision} and HEAD have no common commit here: in a shallow clone, fetch more history "
            "(git fetch --unshallow, or fetch-depth: 0)"
        ) from None


def differences(commit: str) -> list[Difference]:
    """The files that differ between a commit and the work tree, untracked ones included. Raises GitError."""
    top = root()
    parts = _git(["diff", *_PLAIN, "-z", commit, "--"], _filters_off()).split(b"\0")
    found = []
    for status, name in zip(parts[::2], parts[1::2], strict=False):
        path = os.path.join(top, os.fsdecode(name))
        found.append(Difference(None if status == b"D" else path, None if status == b"A" else path))
    others = _git(["ls-files", "--others", "--exclude-standard", "-z", "--full-name", top]).split(b"\0")
    found += [Difference(os.path.join(top, os.fsdecode(name)), None) for name in others if name]
    return found


def content(commit: str, path: str) -> bytes:
    """What a file, given by its absolute path, held at a commit. Raises GitError."""
    name = os.path.relpath(path, root()).replace(os.sep, "/")
    return _git(["cat-file", "blob", f"{commit}:{name}"])


def _git(arguments: list[str], settings: Sequence[tuple[str, str]] = ()) -> bytes:
    return _run([*_SAFE, *arguments], settings)


def _filters_off() -> tuple[tuple[str, str], ...]:
    """Settings that keep git from running the commands that a repository names for its files."""
    names = _run([*_SAFE, "config", "--null", "--name-only", "--get-regexp", _FILTERS], (), (0, 1)).split(
        b"\0"
    )
    return tuple((os.fsdecode(name), "") for name in dict.fromkeys(names) if name)


def _run(
    arguments: Sequence[str], settings: Sequence[tuple[str, str]], fine: tuple[int, ...] = (0,)
) -> bytes:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_GLOBAL")
    }
    # Neither a network nor a command in the place of one, whatever protocols the repository allows itself.
    environment |= {
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    environment["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (name, value) in enumerate(settings):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    try:
        done = subprocess.run(  # noqa: S603 - an argument vector of ours, no shell
            ["git", *arguments],  # noqa: S607 - the user's own git
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env=environment,
        )
    except FileNotFoundError:
        raise GitError("git is not on the PATH") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git did not answer: {error}") from None
    if done.returncode not in fine:
        message = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitError(message[-1] if message else f"git ended with code {done.returncode}")
    return done.stdout
