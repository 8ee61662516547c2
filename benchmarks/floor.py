"""The floor: the least that a linter in Python has to do with libyaml, for compare.py to measure against.

    python -I benchmarks/floor.py FILE-OR-DIRECTORY...

It reads every file, passes over the documents that cannot hold a workload, and composes nodes of the others with
tags left open. It checks nothing, finds nothing and reports nothing.
"""

import os
import sys

from yaml._yaml import CParser

CRD = b"\nkind: CustomResourceDefinition"


class Parser(CParser):
    def descend_resolver(self, parent, index): ...

    def ascend_resolver(self): ...

    def resolve(self, kind, value, implicit): ...


nodes = 0
for path in sys.argv[1:]:
    walked = (
        ((folder, names) for folder, _, names in os.walk(path)) if os.path.isdir(path) else [("", [path])]
    )
    for folder, names in walked:
        for name in names:
            if name.endswith((".yaml", ".yml", ".json")):
                with open(os.path.join(folder, name), "rb") as file:
                    for chunk in file.read().split(b"\n---"):
                        if b"ontainers" in chunk and CRD not in chunk:
                            parser = Parser(chunk)
                            while parser.check_node():
                                parser.get_node()
                                nodes += 1
print(nodes)
