"""Completion scripts, tried in the shells that they are for."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from conftest import Tool
from netraw_lint import arguments

SHELLS = [
    pytest.param(
        name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    )
    for name in arguments.SHELLS
]
# What is typed, the completed word among the offers, and a word that must not be among them.
CASES = [
    pytest.param("--fix-d", "--fix-drop", "--fix", id="an option"),
    pytest.param("--print-c", "--print-completion", "--output-file", id="the option itself"),
    pytest.param("--output-format sa", "sarif", "junit", id="a choice"),
    pytest.param("--fix-drop N", "NET_RAW", "ALL", id="another choice"),
    pytest.param("--explain NRL00", "NRL003", "NRL101", id="a rule by code"),
    pytest.param("--ignore net-raw-n", "net-raw-not-dropped", "net-raw-added", id="a rule by name"),
    pytest.param("--runtimes cr", "cri-o", "docker", id="a runtime"),
    pytest.param("--report che", "checkstyle=", "sarif=", id="a report"),
    pytest.param("--config se", "settings.yaml", "manifest.yaml", id="a file for an option"),
    pytest.param("--fix mani", "manifest.yaml", "settings.yaml", id="a path"),
]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    for shell in arguments.SHELLS:
        ran = Tool()("--print-completion", shell)
        assert (ran.code, ran.stderr) == (0, "")
        (folder / shell).write_text(ran.stdout, "utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the completing happens."""
    for name in ("settings.yaml", "manifest.yaml"):
        (tmp_path / name).touch()
    return tmp_path


def bash(script: Path, typed: str, cwd: Path) -> str:
    """The offers of bash: the function that `complete` registered, called as bash calls it."""
    code = """
        source "$1"
        read -r -a COMP_WORDS <<<"netraw-lint $2"
        COMP_LINE="netraw-lint $2" COMP_POINT=${#COMP_LINE} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        function=$(complete -p netraw-lint | grep -o -- '-F [^ ]*' | cut -d ' ' -f 2)
        "$function" netraw-lint "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    return run("bash", "--norc", "-c", code, "bash", script, typed, cwd=cwd)


def fish(script: Path, typed: str, cwd: Path) -> str:
    """The offers of fish, which can be asked for them."""
    offers = run(
        "fish",
        "--no-config",
        "-c",
        "source $argv[1]; complete -C $argv[2]",
        script,
        f"netraw-lint {typed}",
        cwd=cwd,
    )
    return "".join(f"{line.partition(chr(9))[0]}\n" for line in offers.splitlines())


# zsh has no way of asking: Tab is pressed at a prompt, and what would be offered is told instead. What is typed before
# its line editor listens is no key for it, so that the editor itself says when it is ready.
ZSH = """
PS1='> '; autoload -U compinit; compinit -u -D; eval "$(<$SCRIPT)"; bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-[OAD]\\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits; builtin compadd -A hits "$@"; local hit
    for hit in $hits; do print -r -- "OFFER $hit"; done
}
zle-line-init() { print -r -- rea''dy; }; zle -N zle-line-init
"""


def zsh(script: Path, typed: str, cwd: Path) -> str:
    """The offers of zsh."""
    terminal, its_side = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "SCRIPT": str(script)}
    process = subprocess.Popen(
        ["zsh", "-f", "-i"],
        cwd=cwd,
        env=environment,
        stdin=its_side,
        stdout=its_side,
        stderr=its_side,
        start_new_session=True,
    )
    os.close(its_side)
    try:
        os.write(terminal, ZSH.encode())
        heard = listen(terminal, "ready\r\n")
        assert "ready\r\n" in heard, heard
        os.write(terminal, f"netraw-lint {typed}\t\x15print do''ne\n".encode())
        heard = listen(terminal, "done\r\n")
        assert "done\r\n" in heard, heard
        return "\n".join(re.findall(r"OFFER (\S+)", heard))
    finally:
        os.close(terminal)
        process.kill()
        process.wait()


def listen(terminal: int, until: str) -> str:
    """What the terminal shows, up to a word."""
    heard, end = b"", time.monotonic() + 60
    while until.encode() not in heard and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                heard += os.read(terminal, 65536)
            except OSError:
                break
    return heard.decode(errors="replace")


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.stderr == "", done.stderr
    return done.stdout


def words(offers: str) -> set[str]:
    return set(offers.split())


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("typed", "offered", "absent"), CASES)
def test_what_is_offered(
    shell: str, typed: str, offered: str, absent: str, scripts: Path, folder: Path
) -> None:
    offers = words({"bash": bash, "zsh": zsh, "fish": fish}[shell](scripts / shell, typed, folder))

    assert offered in offers, offers
    assert absent not in offers


@pytest.mark.parametrize("shell", arguments.SHELLS)
def test_every_option_is_in_every_script(shell: str, scripts: Path) -> None:
    script = (scripts / shell).read_text("utf-8")
    flags = [flag for action in arguments.parser("0")._actions for flag in action.option_strings]

    written = [f"-l {flag[2:]} " if shell == "fish" and flag.startswith("--") else flag for flag in flags]
    assert [
        flag for flag in written if flag not in script and flag.replace("-", "-s ", 1) not in script
    ] == []


def test_an_unknown_shell(tool: Tool) -> None:
    ran = tool("--print-completion", "cmd.exe")

    assert (ran.code, ran.stdout) == (2, "")
    assert "argument --print-completion: invalid choice: 'cmd.exe'" in ran.stderr
