"""Readings of manifests that share nothing with netraw_lint, each giving plain data as the API server gets it.

``kubectl`` is the real thing: a program of thirty lines over the packages that kubectl is built from (tests/kubectl),
built where Go is present. ``pyyaml`` and ``ruamel`` are pure Python parsers with Kubernetes' rules on top, written
down here once more.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SOURCES = Path(__file__).parent / "kubectl"


class Read(NamedTuple):
    """The documents of a manifest, and what a reader stopped at, if anything."""

    documents: list[Any]
    error: str


def cache() -> Path:
    """Where things are kept that take long to build or to bring; `.ci/run` uses it as well."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netraw-lint-ci"


def build() -> tuple[Path | None, str]:
    """The program that reads as kubectl does, or the reason why there is none here."""
    if shutil.which("go") is None:
        return None, "there is no Go to build it with"
    key = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCES.iterdir()))).hexdigest()[:16]
    program = cache() / f"kubectl-reading-{key}" / "kubectl-reading"
    if not program.exists():
        command = ["go", "build", "-C", SOURCES, "-trimpath", "-o", program]
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=240, check=False)
        except subprocess.TimeoutExpired:
            return None, "building it took more than 240 seconds"
        if done.returncode:
            return None, f"it does not build: {done.stderr.strip().splitlines()[-1]}"
    return program, ""


def by_kubectl(program: Path, manifests: Sequence[bytes]) -> list[Read]:
    """What kubectl sends to the API server for each of some manifests."""
    sent = b"".join(b"%d\n%b" % (len(manifest), manifest) for manifest in manifests)
    done = subprocess.run([program], input=sent, capture_output=True, timeout=600, check=True)
    answers = [json.loads(line.decode(errors="replace")) for line in done.stdout.split(b"\n")[:-1]]
    assert len(answers) == len(manifests)
    return [Read(answer["documents"], answer["error"]) for answer in answers]


# --- pure Python parsers, and Kubernetes' rules on top -------------------------------------------------------------


def by_pyyaml(manifest: bytes) -> Read:
    """The documents by PyYAML's parser written in Python."""
    import yaml

    return _read(manifest, lambda text: yaml.compose(text, Loader=yaml.SafeLoader), yaml.YAMLError)


def by_ruamel(manifest: bytes) -> Read:
    """The documents by ruamel.yaml's parser of YAML 1.2, written in Python."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    def compose(text: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of anchors that are used again
            return YAML(typ="safe", pure=True).compose(text)

    return _read(manifest, compose, YAMLError)


def _read(manifest: bytes, compose: Any, error: type[Exception]) -> Read:
    documents = []
    for part in _parts(manifest.decode().removeprefix("\ufeff")):
        try:
            root = compose(part)
        except (error, ValueError, AttributeError, RecursionError) as refused:
            return Read(documents, str(refused) or type(refused).__name__)
        data = None if root is None else _data(root)
        if data is not None:
            documents.append(data)
    return Read(documents, "")


def _parts(text: str) -> Iterator[str]:
    """What kubectl takes for documents: lines, cut at those that begin with three dashes."""
    part: list[str] = []
    for line in text.split("\n"):
        if line.startswith("---") and (not line[3:].strip() or line[3:].lstrip().startswith("#")):
            yield "\n".join(part)
            part = []
        else:
            part.append(line)
    yield "\n".join(part)


WORDS: dict[str, Any] = dict.fromkeys("y Y yes Yes YES on On ON true True TRUE".split(), True)
WORDS |= dict.fromkeys("n N no No NO off Off OFF false False FALSE".split(), False)
WORDS |= dict.fromkeys(("", "~", "null", "Null", "NULL"), None)


def _data(node: Any) -> Any:
    kind = type(node).__name__
    if kind == "SequenceNode":
        return [_data(item) for item in node.value]
    if kind == "ScalarNode":
        return _scalar(node)
    found: dict[Any, Any] = {}
    for key, value in node.value:
        if key.value == "<<" and str(key.tag).endswith(":merge"):
            sources = value.value[::-1] if type(value).__name__ == "SequenceNode" else [value]
            for source in sources:
                found.update(_data(source))
        elif type(key).__name__ == "ScalarNode":
            name = _scalar(key)
            found[name if isinstance(name, str) else str(name)] = _data(value)
    return found


def _scalar(node: Any) -> Any:
    tag, value = str(node.tag), node.value
    if tag.endswith(":binary"):
        import base64

        return base64.b64decode(value).decode(errors="replace")
    if (node.style or "").strip() and not tag.endswith(":bool"):
        return value
    resolved = "tag:yaml.org,2002:" in tag and not tag.endswith((":str", ":merge", ":value"))
    return WORDS.get(value, value) if resolved or not tag.endswith(":str") or value in "yYnN" else value


# --- what a cluster would run, written down once more ----------------------------------------------------------------

LISTS = ("containers", "initContainers", "ephemeralContainers")
PODS = {"Pod": (), "Deployment": ("template", "spec"), "CronJob": ("jobTemplate", "spec", "template", "spec")}
Container = tuple[str, bool | None]


def containers(document: Any) -> Iterator[Container]:
    """The containers of a document: name, and whether containerd gives it NET_RAW; None if the API refuses it."""
    if not isinstance(document, dict) or not all(
        isinstance(document.get(key), str) for key in ("apiVersion", "kind")
    ):
        return
    if document["kind"] == "List":
        items = document.get("items")
        for item in items if isinstance(items, list) else []:
            yield from containers(item)
        return
    pod: Any = document
    for key in ("spec", *PODS.get(document["kind"], ("nowhere",))):
        pod = pod.get(key) if isinstance(pod, dict) else None
    if not isinstance(pod, dict):
        return
    is_windows = isinstance(pod.get("os"), dict) and pod["os"].get("name") == "windows"
    for name in LISTS:
        found = pod.get(name)
        for container in found if isinstance(found, list) else []:
            # Without an image it is a fragment that something else completes.
            if isinstance(container, dict) and container.get("image"):
                called = container.get("name")
                yield called if isinstance(called, str) else "", _holds(container) and not is_windows


def _holds(container: dict[str, Any]) -> bool | None:
    context = container.get("securityContext")
    context = context if isinstance(context, dict) else {}
    lists = context.get("capabilities")
    lists = lists if isinstance(lists, dict) else {}
    add, drop = lists.get("add") or [], lists.get("drop") or []
    if not all(
        isinstance(entry, list) and all(isinstance(name, str) for name in entry) for entry in (add, drop)
    ):
        return None
    if context.get("privileged") not in (None, True, False):
        return None
    added, dropped = ({name.upper() for name in entry} for entry in (add, drop))
    holds = "ALL" not in dropped or "NET_RAW" in added
    return bool(context.get("privileged")) or (holds and "NET_RAW" not in dropped)
