"""Bytes of a source to the chunks that may hold a workload, without a YAML parser.

Documents are split as kubectl splits them (apimachinery util/yaml YAMLReader: textually, at lines that start
with ``---``), so that a broken document never hides its neighbours. A byte filter keeps what cannot hold a pod
template or a policy away from the parser: most files of most commits never load it.
"""

from __future__ import annotations

from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What stands beside a container's name, and what a policy about capabilities mentions. One is asked for apart from
# the others because half of the policies' names hold it too: most documents hold no ``ecurity`` at all.
_SECURITY = b"ecurity"
_CONTEXT = b"ecurityContext"
_OTHER_WORDS = (b"image", b"apabilit", b"privileged")
_WORDS = (*_OTHER_WORDS, _CONTEXT)
# Kinds of policies, and the key of Kyverno rules, that name no list of containers: those that hold ``ecurity``, and
# those that hold _K8SPSP.
_SECURITY_KINDS = (b"PodSecurityPolicy", b"SecurityContextConstraints", b"podSecurity")
_K8SPSP = b"K8sPSP"
_K8SPSP_KINDS = (b"K8sPSPCapabilities", b"K8sPSPPrivilegedContainer")
NAMESPACES = (b"Namespace",)
# What a cross-check needs besides workloads: namespaces, and policies of any kind and content.
POLICIES = (*NAMESPACES, b"kyverno.io/", b"gatekeeper.sh/", b"ValidatingAdmissionPolicy")
# What can hide letters of a key: escapes in double quotes, and !!binary under any tag notation. By the first byte,
# since bytes.find is ten times as fast for one byte as for two.
_DISGUISES = {
    b"\\": (b"\\x", b"\\u", b"\\U", b"\\\n", b"\\\r", b"\\\xc2", b"\\\xe2"),
    b"!": (b"!!", b"!<"),
    b"%": (b"%TAG",),
}
# What breaks a line for YAML 1.1, and for no editor: a lone carriage return, NEL, LS and PS.
_BREAKS = {b"\xc2": (b"\xc2\x85",), b"\xe2": (b"\xe2\x80\xa8", b"\xe2\x80\xa9")}
_OTHER_BREAKS = (b"\r", *_BREAKS[b"\xc2"], *_BREAKS[b"\xe2"])
_BOM = b"\xef\xbb\xbf"
_BEFORE_JSON = frozenset(b"{ \t\n\r\v\f")
# Bytes within which a document's first key stands, below a separator and a comment.
_TOP = 300
# Bytes within which the kind of a CRD stands, which has to be looked for in every document.
_HEAD = 4096
_CRD = b"\nkind: CustomResourceDefinition"
_CRD_KEYS = [b"apiVersion", b"kind", b"metadata", b"spec", b"status"]


class Chunk(Noun):
    """The bytes of one document that may hold a workload.

    ``index`` counts the non-empty documents of the source from 0, ``start`` is the byte that it begins at.
    """

    index: int
    start: int
    data: bytes


def chunks(
    data: bytes,
    holds_containers: Callable[[set[str]], bool],
    thorough: bool = False,
    words: tuple[bytes, ...] = (),
    patches: bool = False,
) -> Iterator[Chunk | None]:
    """The non-empty documents of a text; None stands for one that cannot hold a workload.

    ``holds_containers`` tells whether any of some kind names can hold a container outside of a list whose
    key ends in ``ontainers``. ``thorough`` also keeps a document that says nothing about its containers, and
    ``words`` one that holds any of these; ``patches`` one that is no object and may hold patches (see fragments.py).
    """
    index = 0
    for start, end in _split(data):
        chunk = data[start:end]
        if not _has_content(chunk):
            continue
        is_patch = patches and _may_hold_patches(chunk)
        if is_patch or may_hold_workload(chunk, holds_containers, thorough, words):
            yield Chunk(index, start, chunk)
        else:
            yield None
        index += 1


def _split(data: bytes) -> Iterator[tuple[int, int]]:
    """The byte ranges of the documents, each with the ``---`` line in front of it, and its directives."""
    start = 0
    may_direct = data.find(b"%") >= 0
    for at, behind in _separators(data):
        border = _directives(data, start, at) if may_direct and data.find(b"%", start, at) >= 0 else at
        if border > start:
            # Nearly all begin with a separator, a comment or a letter, and are no JSON.
            if data[start] in _BEFORE_JSON:
                yield from _json_objects(data, start, border)
            else:
                yield start, border
        start = behind or border
    yield from _json_objects(data, start, len(data))


def _separators(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each separator begins; behind it, where the document begins if it does not begin with the separator."""
    # Concatenated files leave a byte order mark in front of a later separator.
    marked = data.find(_BOM[:1]) >= 0  # looks for one byte: ten times as fast, and rarely wrong
    searched = data.replace(b"\n" + _BOM + b"---", b"\n  \n---") if marked else data
    at = 0
    while True:
        if searched.startswith(b"---", at):
            follows = searched[at + 3 : at + 4]
            if follows == b"#":
                # Helm separates at ``---# comment``; libyaml would read a plain scalar.
                yield at, searched.find(b"\n", at) + 1 or len(searched)
            elif follows in (b"\n", b" ", b"\r", b"\t", b""):
                yield at, 0
        at = searched.find(b"\n---", at) + 1
        if not at:
            return


def _directives(data: bytes, start: int, separator: int) -> int:
    """Where the directives begin that belong to the ``---`` at ``separator``; there, if it has none."""
    at = border = separator
    while at > start:
        previous = data.rfind(b"\n", start, at - 1) + 1 or start
        line = data[previous:at].strip()
        if line.startswith(b"%"):
            border = previous
        elif line == b"..." and data[previous:at].startswith(b"."):
            return border
        elif line and not line.startswith(b"#"):
            return separator
        at = previous
    return border


def _json_objects(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A range, or the ranges of the JSON objects in it if it is a stream with each on lines of its own."""
    top = data[start : min(end, start + 100)].lstrip() or data[start:end].lstrip()
    if top[:1] != b"{":
        yield start, end
        return
    from netraw_lint import patterns

    if patterns.STREAM.search(data, start, end) and patterns.JSON_SHAPE.fullmatch(data, start, end):
        depth, ends = 0, []
        for token in patterns.JSON_TOKEN.finditer(data, start, end):
            depth += {b"{": 1, b"}": -1}.get(token[0], 0)
            if (
                depth == 0
                and token[0] == b"}"
                and (follows := patterns.NEXT_OBJECT.match(data, token.end(), end))
            ):
                ends.append(follows.end())
        for border in ends if depth == 0 else ():
            yield start, border
            start = border
    yield start, end


def _has_content(chunk: bytes) -> bool:
    """Whether a chunk holds anything but blanks, comments and document markers."""
    if chunk.find(b"\napiVersion:", 0, _TOP) >= 0:
        return True  # as nearly all
    at, size = 0, len(chunk)
    while at < size:
        end = chunk.find(b"\n", at)
        end = size if end < 0 else end
        if any(_is_content(line) for line in _lines(chunk[at:end])):
            return True
        at = end + 1
    return False


def _lines(line: bytes) -> list[bytes]:
    """A line as YAML sees it: a comment ends, and may hide nothing, at a break that is none for editors."""
    if line.isascii() and b"\r" not in line[:-1]:
        return [line]
    for other in _OTHER_BREAKS:
        line = line.replace(other, b"\n")
    return line.split(b"\n")


def _is_content(line: bytes) -> bool:
    line = line.strip(b" \t\r\xef\xbb\xbf")
    if line.startswith((b"--- ", b"---\t")):
        line = line[3:].lstrip()
    return bool(line) and not line.startswith((b"#", b"...")) and line != b"---"


def may_hold_workload(
    chunk: bytes,
    holds_containers: Callable[[set[str]], bool],
    thorough: bool = False,
    words: tuple[bytes, ...] = (),
) -> bool:
    """Whether a document could hold a pod template or a policy; false only when it certainly cannot.

    A Kubernetes object has an ``apiVersion`` and a ``kind``, the name of every pod-template list ends in
    ``ontainers``, and a plain or single-quoted key has no escapes.
    """
    find = chunk.find
    if _is_custom_resource_definition(chunk):
        return False
    if find(b"ontainers") >= 0:
        # Both are needed; one is enough to say so of a document that turns out to be unreadable.
        return find(b"apiVersion") >= 0 or find(b"kind") >= 0 or is_disguised(chunk)
    if is_disguised(chunk):
        return True
    if find(b"apiVersion") < 0 and find(b"kind") < 0:
        return False
    security = find(_SECURITY) >= 0
    if (security and _holds(chunk, _SECURITY_KINDS)) or (find(_K8SPSP) >= 0 and _holds(chunk, _K8SPSP_KINDS)):
        return True
    if words and _holds(chunk, words):
        return True
    if thorough or (security and find(_CONTEXT) >= 0) or _holds(chunk, _OTHER_WORDS):
        return _has_kind_of_containers(chunk, holds_containers)
    return False


def _has_kind_of_containers(chunk: bytes, holds_containers: Callable[[set[str]], bool]) -> bool:
    """Whether a document may be of a kind that holds a container under another key, or of one that is not seen."""
    from netraw_lint import patterns

    kinds = {match[1].decode() for match in patterns.KIND.finditer(chunk)}
    return "" in kinds or patterns.EXPLICIT_KEY.search(chunk) is not None or holds_containers(kinds)


def _holds(chunk: bytes, words: tuple[bytes, ...]) -> bool:
    """Whether a text holds any of some words. (``in`` would make an exception each time, and drop it.)"""
    return max(map(chunk.find, words)) >= 0


def is_disguised(chunk: bytes) -> bool:
    """Whether letters of a key may be written in a way that a search for them does not see."""
    return _holds_any(chunk, _DISGUISES)


def _holds_any(chunk: bytes, by_first: dict[bytes, tuple[bytes, ...]]) -> bool:
    """Whether a text holds any of some sequences, given by their first bytes: these are rare, and found quickly."""
    for first, sequences in by_first.items():
        at = chunk.find(first)
        while at >= 0:
            if chunk.startswith(sequences, at):
                return True
            at = chunk.find(first, at + 1)
    return False


def _may_hold_patches(chunk: bytes) -> bool:
    """Whether a document could be a JSON patch, or a kustomization with patches in it, about capabilities."""
    return (b"path" in chunk or b"patch" in chunk or b"\\" in chunk) and _holds(chunk, _WORDS)


def _is_custom_resource_definition(chunk: bytes) -> bool:
    """Whether a chunk is certainly a CRD: block style at column 0, one kind, and no other top-level key.

    A second ``kind`` (the last one wins) or text of a quoted scalar at column 0 makes it uncertain.
    """
    at = chunk.find(_CRD, 0, _HEAD)
    if at < 0 or _breaks_elsewhere(chunk):
        return False
    from netraw_lint import patterns

    searched = b"\n" + chunk
    found = [match for match in patterns.COLUMN_0.finditer(searched) if not match[1].startswith(b"---")]
    line = chunk[at + len(_CRD) : chunk.find(b"\n", at + len(_CRD)) + 1 or None].strip()
    return (
        sorted(match[1] for match in found) in (_CRD_KEYS[:4], _CRD_KEYS)
        and (not line or line.startswith(b"#"))
        # A mapping that is indented has its keys elsewhere.
        and not _has_content(searched[: found[0].start()])
    )


def _breaks_elsewhere(chunk: bytes) -> bool:
    """Whether a text has breaks that YAML 1.1 knows and editors do not."""
    if chunk.find(b"\r") >= 0 and chunk.count(b"\r") != chunk.count(b"\r\n"):
        return True
    return not chunk.isascii() and _holds_any(chunk, _BREAKS)
