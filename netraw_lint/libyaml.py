"""PyYAML's binding of libyaml, without the rest of PyYAML where this process is nobody else's.

Importing ``yaml`` loads its loaders, dumpers, regular expressions, datetime and base64: 14 ms of the 30 that a
commit hook takes. The extension module needs four light modules and the names of eight exceptions. So, for the
command line only, it is given those; as a library, and whenever anything is not as expected, all of ``yaml`` is
imported as usual. Tested with PyYAML 6.0.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# Set by the console script: this process is ours, and nobody else in it imports yaml.
alone = False

_EXCEPTIONS = {
    "reader": "ReaderError",
    "scanner": "ScannerError",
    "parser": "ParserError",
    "composer": "ComposerError",
    "constructor": "ConstructorError",
    "emitter": "EmitterError",
    "serializer": "SerializerError",
    "representer": "RepresenterError",
}
_UNMARKED = ("reader", "emitter", "serializer", "representer")


class Binding:
    """CParser, the classes of the nodes that it is to compose, and what makes a scalar, a list and a mapping."""

    def __init__(self, extension: Any, nodes: Any) -> None:
        self.CParser = extension.CParser
        self.nodes = nodes
        classes = "ScalarNode", "SequenceNode", "MappingNode"
        # PyYAML's own classes make nodes themselves.
        makers = zip(("scalar", "sequence", "mapping"), classes, strict=True)
        self.makers = [getattr(nodes, name, None) or getattr(nodes, own) for name, own in makers]
        self._globals = extension.__dict__
        self._theirs = {name: self._globals[name] for name in classes}
        self._ours = dict(zip(classes, self.makers, strict=True))

    def composed(self, parser: Any) -> Any:
        """The next document of a CParser, of our nodes. Whoever else uses the extension gets PyYAML's."""
        self._globals.update(self._ours)
        try:
            return parser.get_node()
        finally:
            self._globals.update(self._theirs)


def binding() -> Binding:
    """PyYAML's binding. Raises ImportError with what to do where PyYAML was built without libyaml."""
    if alone and "yaml" not in sys.modules:
        try:
            extension = _without_the_package()
            from netraw_lint import nodes

            return Binding(extension, nodes)
        except Exception:  # noqa: BLE001 - a PyYAML of another shape: import it as it wants to be imported
            for name in [name for name in sys.modules if name == "yaml" or name.startswith("yaml.")]:
                del sys.modules[name]
    try:
        from yaml import _yaml
        from yaml import nodes as own
    except ImportError:
        hint = "install a wheel of it: pip install --force-reinstall --only-binary :all: PyYAML"
        raise ImportError(f"this PyYAML was built without libyaml; {hint}") from None
    return Binding(_yaml, own)


def _without_the_package() -> Any:
    folder = next(
        path
        for path in (os.path.join(entry or os.curdir, "yaml") for entry in sys.path)
        if os.path.isfile(os.path.join(path, "__init__.py"))
    )
    module: type[ModuleType] = type(sys)
    package = module("yaml")
    package.__path__ = [folder]
    sys.modules["yaml"] = package
    from yaml import error, events, nodes, tokens

    package.__dict__.update(error=error, events=events, nodes=nodes, tokens=tokens)
    for name, exception in _EXCEPTIONS.items():
        stand_in = module(f"yaml.{name}")
        base = error.YAMLError if name in _UNMARKED else error.MarkedYAMLError
        members = {"__init__": _reader_error} if name == "reader" else {}
        setattr(stand_in, exception, type(exception, (base,), members))
        sys.modules[f"yaml.{name}"] = stand_in
        setattr(package, name, stand_in)
    try:
        from yaml import _yaml

        return _yaml
    finally:
        # Whoever imports yaml later gets the real one.
        for name in _EXCEPTIONS:
            del sys.modules[f"yaml.{name}"]
        del sys.modules["yaml"]


def _reader_error(self: Any, name: str, position: int, character: object, encoding: str, reason: str) -> None:
    """What yaml.reader.ReaderError keeps."""
    self.name = name
    self.position = position
    self.character = character
    self.encoding = encoding
    self.reason = reason
