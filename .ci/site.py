"""What the site is made of besides docs/: the files above it that the documents link to. A hook of mkdocs.

The README is the front page; CONTRIBUTING, SECURITY and CHANGELOG are pages; schemas, examples and the licence are
files. Links are written for a reader of the repository, and turned here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
LINK = re.compile(r"(\]\()(?!https?:|#)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Take in the pages and files above docs/ that are linked to."""
    taken = dict(PAGES)
    linked = [ROOT / name for name in PAGES] + [
        ROOT / "docs" / file.src_uri for file in files.documentation_pages()
    ]
    for document in linked:
        for _, target in LINK.findall(document.read_text("utf-8")):
            path = (document.parent / target).resolve()
            if path.is_file() and not path.is_relative_to(ROOT / "docs"):
                name = path.relative_to(ROOT).as_posix()
                taken.setdefault(name, name if path.suffix != ".md" else name.lower())
    for name, uri in taken.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn links of the repository into links of the site."""
    origin = next((ROOT / name for name, uri in PAGES.items() if uri == page.file.src_uri), None)
    folder = (origin or ROOT / "docs" / page.file.src_uri).parent

    def turned(link: re.Match[str]) -> str:
        path = (folder / link[2]).resolve()
        if path.is_relative_to(ROOT / "docs"):
            return link[1] + path.relative_to(ROOT / "docs").as_posix()
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else link[2]
        return link[1] + PAGES.get(name, name)

    return LINK.sub(turned, markdown)
