"""A rendering before the rules: its findings and its containers, each with the document it is in."""

from __future__ import annotations

from functools import partial

from netraw_lint import manifest, splitting, yamltree
from netraw_lint.charts import markers
from netraw_lint.engine import words
from netraw_lint.judge import Judge
from netraw_lint.model import Document, Exemption, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netraw_lint.charts.rendered import Key, Rendering
    from netraw_lint.charts.session import Session, Tools
    from netraw_lint.findings import Judgement
    from netraw_lint.model import ContainerRef, Finding
    from netraw_lint.splitting import Chunk

    # The document, and the path of the container in it.
    ContainerKey = tuple[str, int, str]


def _chunks(tools: Tools, rendering: Rendering, key: Key, path: str = "") -> Iterator[tuple[Source, Chunk]]:
    source = Source(path or key[0], rendering.texts[key].encode())
    thorough = tools.settings.rules is not None and "NRL008" in tools.settings.rules
    chunks = splitting.chunks(source.data, tools.catalogue.holds_containers, thorough, words(tools.settings))
    for chunk in chunks:
        if chunk is not None:
            yield source, chunk


def judge_of(tools: Tools) -> Judge:
    """A new judge, with counts of its own."""
    return Judge(tools.settings, tools.catalogue, tools.tick, tools.crossing)


def findings_in(
    session: Session, judge: Judge, rendering: Rendering, key: Key
) -> Iterator[Finding | Exemption]:
    """What is wrong in one document of a rendering, and what of it somebody accepted."""
    path = session.shown(session.template(key[0]))
    for source, chunk in _chunks(session.tools, rendering, key, path):
        for found in judge.findings(source, chunk):
            finding = found.finding if isinstance(found, Exemption) else found
            if markers.PREFIX not in finding.message:
                yield found


def containers(tools: Tools, rendering: Rendering) -> dict[ContainerKey, Judgement]:
    """Every container of a rendering."""
    found: dict[ContainerKey, Judgement] = {}
    for key, text in rendering.texts.items():
        judged = rendering.readings.judged(key, text, partial(_containers_in, tools, rendering, key))
        found |= {(*key, path): judgement for path, judgement in judged.items()}
    return found


def _containers_in(tools: Tools, rendering: Rendering, key: Key) -> dict[str, Judgement]:
    judge = judge_of(tools)
    found: dict[str, Judgement] = {}
    for source, chunk in _chunks(tools, rendering, key):
        try:
            for document in manifest.read(source, chunk):
                if isinstance(document, Document):
                    for judgement in judge.judgements(document):
                        found[judgement.container.path] = judgement
        except yamltree.YamlError:
            continue
    return found


def container_key(key: Key, finding: Finding) -> ContainerKey | None:
    """The container that a finding is about."""
    return (*key, container_path(finding.container)) if finding.container else None


def container_path(ref: ContainerRef) -> str:
    """The path of a container in its document."""
    index = f"[{ref.index}]" if ref.index is not None else ""
    return f"{ref.pod_path}.{ref.list}{index}".lstrip(".")
