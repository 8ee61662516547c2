"""Coverage-guided fuzzing with atheris (``pip install atheris``; not needed for anything else).

    python fuzz/run.py lint|fix|policies|kustomization|delivery|suggestions [CORPUS] [-max_total_time=600] [any other option of libFuzzer]

New inputs that reach new code are kept in CORPUS (by default ``.fuzz/lint`` or ``.fuzz/fix``), an input that breaks a
promise as ``crash-*``, ``timeout-*`` or ``oom-*`` in the current directory: reduce it, mend the program, and put the
reduced input into ``fuzz/found``, which the tests replay.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

with atheris.instrument_imports(include=["netraw_lint"]):
    import rooms
    import targets
    from mutate import TOKENS

TARGETS = {**targets.TARGETS, **rooms.ROOMS}

LIMITS = ("-timeout=20", "-rss_limit_mb=2048", "-max_len=4096")


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


def main(name: str, *arguments: str) -> None:
    """Fuzz one target until a promise is broken, or for as long as libFuzzer was told."""
    folders = [argument for argument in arguments if not argument.startswith("-")]
    corpus = Path(folders[0] if folders else f".fuzz/{name}")
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".dict") as words:
        words.writelines(f'"{_escaped(token)}"\n' for token in TOKENS)
        words.flush()
        options = [argument for argument in arguments if argument.startswith("-")]
        command = [sys.argv[0], str(corpus), str(HERE / "seeds"), str(HERE / "found"), f"-dict={words.name}"]
        atheris.Setup([*command, *LIMITS, *options], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python fuzz/run.py {'|'.join(TARGETS)} [CORPUS] [options of libFuzzer]")
    main(*sys.argv[1:])
