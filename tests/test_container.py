"""The container image without a container engine: the Dockerfile's own steps, and its program where nothing can be written.

The build stage is executed in a folder, with what `.dockerignore` lets through; the program then runs as the last
stage says (user, directory, variables, arguments) in a root of its own that is mounted read-only, without a network.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from charts_engines import CHARTS
from conftest import CHECKOUT, checkout_files

HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
NO_REGISTRY = re.compile(r"Could not find a version|Temporary failure in name resolution|from versions: none")


class Instruction(NamedTuple):
    """A line of the Dockerfile, continuation lines joined."""

    name: str
    text: str


def stages() -> list[list[Instruction]]:
    lines = [
        line for line in (CHECKOUT / "Dockerfile").read_text("utf-8").splitlines() if not line.startswith("#")
    ]
    found: list[list[Instruction]] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, text = line.partition(" ")
            if name == "FROM":
                found.append([])
            found[-1].append(Instruction(name, " ".join(text.split())))
    return found


BUILD, FINAL = stages()


def only(stage: list[Instruction], name: str) -> str:
    (text,) = [each.text for each in stage if each.name == name]
    return text


@pytest.mark.skipif(not HADOLINT, reason="hadolint is not installed (extra `lint`)")
def test_hadolint_finds_nothing() -> None:
    command = [str(HADOLINT), "--no-color", str(CHECKOUT / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_it_does_not_run_as_root() -> None:
    user, _, group = only(FINAL, "USER").partition(":")

    assert user.isdecimal()  # a name would not tell Kubernetes that it is not root
    assert int(user) > 0
    assert int(group) > 0


def test_images_have_a_version() -> None:
    images = [only(stage, "FROM").split()[0] for stage in (BUILD, FINAL)]

    assert len(set(images)) == 1  # compiled against what it runs on
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", images[0])


def context() -> set[Path]:
    """The files of the checkout that .dockerignore lets through: all are ignored but those taken back."""
    lines = [
        line
        for line in (CHECKOUT / ".dockerignore").read_text("utf-8").splitlines()
        if line[:1] not in ("", "#")
    ]
    everything, *others = lines
    assert everything == "*"
    back = [line[1:] for line in others if line.startswith("!")]
    out = [line for line in others if not line.startswith("!")]
    return {
        path
        for path in checkout_files()
        if path.parts[0] in back
        and not any(fnmatch.fnmatch(str(path), each.replace("**/", "*")) for each in out)
    }


def test_the_context_is_what_is_copied() -> None:
    copied = {name for each in BUILD if each.name == "COPY" for name in each.text.split()[:-1]}

    assert {path.parts[0] for path in context()} == copied


class Image(NamedTuple):
    """What the build left behind."""

    prefix: Path  # in place of the directory that the last stage copies
    named: str  # that directory


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The build stage, carried out."""
    source, prefix = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("image") / "installed"
    named = only(FINAL, "COPY").split()[-1]
    sent = context()
    for each in BUILD:
        if each.name == "COPY":
            *names, target = each.text.split()
            for name in names:
                for path in sent:
                    if path.parts[0] == name:
                        to = source / (path if target in {"./", name} else Path(target) / path)
                        to.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy(CHECKOUT / path, to)
    command = only(BUILD, "RUN").replace(named, str(prefix))
    command = re.sub(r"\bpython (?=-m)", f"{shlex.quote(sys.executable)} ", command)
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=source,
        env={
            **os.environ,
            "EXTRAS": "",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    if done.returncode and NO_REGISTRY.search(done.stderr):
        pytest.skip("no package registry to install from")
    assert done.returncode == 0, done.stdout + done.stderr
    return Image(prefix, named)


# A root that holds the interpreter, the installed program and a directory to lint, all of it read-only.
ROOT = """
set -e
root=$1; base=$2; prefix=$3; work=$4; shift 4
mount -t tmpfs tmpfs "$root"
for place in /usr /lib /lib64 /bin /etc/ld.so.cache "$base" "$prefix"; do
    [ -e "$place" ] || continue
    if [ -d "$place" ]; then mkdir -p "$root$place"; else mkdir -p "$(dirname "$root$place")"; touch "$root$place"; fi
    mount --bind "$place" "$root$place"
    mount -o remount,bind,ro "$root$place"
done
mkdir -p "$root/work" "$root/dev"
touch "$root/dev/null"
mount --bind /dev/null "$root/dev/null"
mount --bind "$work" "$root/work"
mount -o remount,bind,ro "$root/work"
mount -o remount,ro "$root"
exec "$@"
"""


def run(image: Image, folder: Path, root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The entry point, as the last stage says, in a read-only root and without a network."""
    root.mkdir()
    variables = dict(each.split("=", 1) for each in shlex.split(only(FINAL, "ENV")))
    path = variables.pop("PATH").replace(image.named, str(image.prefix)).replace("$PATH", "/usr/bin:/bin")
    command = [*json.loads(only(FINAL, "ENTRYPOINT")), *(args or json.loads(only(FINAL, "CMD")))]
    drop = ["--inh-caps=-all", "--bounding-set=-all", "--clear-groups", "--no-new-privs"]
    user, _, group = only(FINAL, "USER").partition(":")
    inside = (
        f'cd {only(FINAL, "WORKDIR")} && exec setpriv --reuid {user} --regid {group} {" ".join(drop)} "$@"'
    )
    return subprocess.run(
        [
            *("unshare", "--mount", "--net", "--propagation", "private"),
            *("sh", "-c", ROOT, "sh", root, sys.base_prefix, image.prefix, folder),
            *("chroot", root, "sh", "-c", inside, "sh"),
            *("env", "-i", f"PATH={path}", *(f"{name}={value}" for name, value in variables.items())),
            *command,
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def cannot_mount() -> str:
    if sys.platform != "linux" or any(
        shutil.which(name) is None for name in ("unshare", "setpriv", "chroot")
    ):
        return "unshare, setpriv and chroot are needed"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
        check=False,
    )
    return "" if tried.returncode == 0 else "making a read-only root needs the right to mount"


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    folder = tmp_path / "manifests"
    shutil.copytree(CHECKOUT / "examples", folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@pytest.mark.registry
@pytest.mark.skipif(bool(cannot_mount()), reason=cannot_mount())
def test_it_runs_read_only_as_nobody_without_a_network(image: Image, manifests: Path, tmp_path: Path) -> None:
    bad = run(image, manifests, tmp_path / "root-1")
    assert (bad.returncode, "NRL001" in bad.stdout) == (1, True), bad.stderr

    good = run(image, manifests, tmp_path / "root-2", "good")
    assert (good.returncode, good.stdout) == (0, ""), good.stderr

    fix = run(image, manifests, tmp_path / "root-3", "--fix", "bad/pod-added.yaml")
    assert fix.returncode == 2, "a read-only file cannot be fixed, and that is said"
    assert "bad/pod-added.yaml" in fix.stderr + fix.stdout

    shutil.copytree(CHARTS / "converted", manifests / "shop")
    (manifests / "shop").chmod(0o755)
    chart = run(image, manifests, tmp_path / "root-5", "shop")
    assert chart.returncode == 2
    told = " ".join(chart.stdout.split())
    assert told.startswith("shop: not checked (render): a chart is rendered in a copy")
    assert "--tmpfs /tmp" in told

    report = run(image, manifests, tmp_path / "root-4", "--report", "sarif=netraw.sarif", ".")
    assert (report.returncode, "Read-only file system" in report.stderr) == (2, True), report.stderr


@pytest.mark.registry
@pytest.mark.skipif(bool(cannot_mount()), reason=cannot_mount())
def test_the_root_of_this_test_is_read_only_and_the_user_nobody(
    image: Image, manifests: Path, tmp_path: Path
) -> None:
    """So that the test above could fail."""
    code = "import os; print(os.getuid(), os.getgid(), os.getgroups(), os.access('/work', os.W_OK), os.statvfs('/').f_flag & 1)"
    entry = json.loads(only(FINAL, "ENTRYPOINT"))
    assert entry == ["netraw-lint"]
    program = image.prefix / "bin" / "netraw-lint"
    kept = program.read_text("utf-8")
    program.write_text(f"{kept.splitlines()[0]}\n{code}\n", "utf-8")
    try:
        ran = run(image, manifests, tmp_path / "root")
    finally:
        program.write_text(kept, "utf-8")

    assert ran.stdout == "65532 65532 [] False 1\n", ran.stderr
