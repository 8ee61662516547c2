"""The repository around a file, and whether an address means it."""

from __future__ import annotations

import os
import re

from netraw_lint.model import Problem
from netraw_lint.noun import Noun
from netraw_lint.sources import files

_URL = re.compile(r"^[ \t]*url[ \t]*=[ \t]*(\S+)[ \t\r]*$", re.MULTILINE)
_SCHEME = re.compile(r"^[a-z+]+://", re.IGNORECASE)
_MAX_CONFIG = 1 << 20


class Repository(Noun):
    """A work tree: its top directory, absolute, and the addresses of its remotes, in one spelling."""

    root: str
    remotes: frozenset[str] = frozenset()

    def is_meant(self, address: str, path: str) -> str | None:
        """Why an address with a path means this repository, in words; None if it does not."""
        if not os.path.isdir(os.path.join(self.root, *path.split("/"))):
            return None
        wanted = spelled(address)
        if wanted in self.remotes:
            return f"{address} is a remote of this repository"
        if not self.remotes or not wanted:
            return f"{path or '.'} is here"
        name = wanted.rpartition("/")[2]
        if any(remote.rpartition("/")[2] == name for remote in self.remotes):
            return f"{path or '.'} is here, and {address} has the name of this repository"
        return None


def around(path: str) -> Repository | None:
    """The repository that a file is in."""
    folder = os.path.dirname(os.path.realpath(path))
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return Repository(folder, frozenset(map(spelled, _URL.findall(_config(folder)))))


def _config(root: str) -> str:
    """The text of git's settings for a work tree; ``.git`` is a file in worktrees and submodules."""
    git = os.path.join(root, ".git")
    if os.path.isfile(git):
        git = os.path.join(root, _read(git).strip().removeprefix("gitdir:").strip())
        git = os.path.join(git, _read(os.path.join(git, "commondir")).strip())
    return _read(os.path.join(git, "config"))


def _read(path: str) -> str:
    data = files.content(path)
    return "" if isinstance(data, Problem) else data[:_MAX_CONFIG].decode(errors="replace")


def spelled(address: str) -> str:
    """One spelling for all the ways to write the address of a repository: ``host/owner/name``."""
    address = address.strip().lower()
    bare = _SCHEME.sub("", address)
    if bare == address:  # git@host:owner/name
        bare = bare.replace(":", "/", 1)
    bare = bare.rpartition("@")[2]
    host, slash, rest = bare.partition("/")
    return f"{host.partition(':')[0]}{slash}{rest}".rstrip("/").removesuffix(".git")
