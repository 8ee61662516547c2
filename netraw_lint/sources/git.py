"""What git knows: which files differ from a revision, and what they held there.

git is given an argument vector, no shell, and a clean environment; the work tree is never touched.
"""

from __future__ import annotations

import os
import subprocess

from netraw_lint.noun import Noun

_TIMEOUT = 60


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
    parts = _git(["diff", "--name-status", "-z", "--no-renames", "--no-ext-diff", commit, "--"]).split(b"\0")
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


def _git(arguments: list[str]) -> bytes:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_GLOBAL")
    }
    # A hook or a fsmonitor of the repository is not ours to run.
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - an argument vector of ours, no shell
            command, capture_output=True, check=False, timeout=_TIMEOUT, env={**environment, "LC_ALL": "C"}
        )
    except FileNotFoundError:
        raise GitError("git is not on the PATH") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git did not answer: {error}") from None
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitError(message[-1] if message else f"git ended with code {done.returncode}")
    return done.stdout
