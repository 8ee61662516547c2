"""The shortcut into PyYAML: the same parser, the same errors, and the real package for whoever imports it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conftest import CHECKOUT

TEXTS = [
    "a: [1, 2]\n",
    "a: [",
    "a: \x01",
    "&a [*a]",
    "a: &x 1\nb: &x 2\nc: *x\n",
    "\t- a",
    "a: 'ü\U0001f600'\n",
]
READ = """
import sys
sys.path.insert(0, sys.argv[1])
from netraw_lint import libyaml
libyaml.alone = sys.argv[2] == "alone"
if sys.argv[2] == "broken":
    libyaml.alone = True
    libyaml._EXCEPTIONS.clear()
from netraw_lint import yamltree
for text in sys.argv[3:]:
    try:
        print([repr(yamltree.plain(text.encode()))])
    except yamltree.YamlError as error:
        print(error.message, error.index)
print("yaml.loader" in sys.modules)
import yaml
print(yaml.safe_load("a: 2020-01-01"), yaml.load("a: [1]", Loader=yaml.CSafeLoader), yaml.dump({"a": 1}, Dumper=yaml.CSafeDumper))
"""


def read(mode: str) -> list[str]:
    command = [sys.executable, "-I", "-c", READ, str(CHECKOUT), mode, *TEXTS]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_both_ways_read_the_same() -> None:
    whole, alone = read("library"), read("alone")
    at = len(TEXTS)
    assert (whole[at], alone[at]) == ("True", "False")
    assert whole[:at] + whole[at + 1 :] == alone[:at] + alone[at + 1 :]


@pytest.mark.parametrize("mode", ["broken"])
def test_a_pyyaml_of_another_shape_is_imported_as_a_whole(mode: str) -> None:
    assert read(mode) == read("library")
