"""Links between the pages lead somewhere, and every page can be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import pages

ALL = pages.pages()


@pytest.mark.parametrize("path", ALL, ids=pages.name)
def test_links_resolve(path: Path) -> None:
    broken = []
    for target in pages.links(path):
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in pages.anchors(found)):
            broken.append(target)
    assert broken == []


def test_every_page_is_linked_from_the_readme_or_a_page_that_is() -> None:
    seen, queue = set(), [pages.BASE_DIR / "README.md"]
    while queue:
        path = queue.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        queue += [(path.parent / target.partition("#")[0]).resolve() for target in pages.links(path)]
    assert {pages.name(path) for path in ALL} - {pages.name(path) for path in seen} == set()


def test_no_page_names_a_heading_twice() -> None:
    for path in ALL:
        headings = pages.HEADING.findall(pages.FENCED.sub("", path.read_text(encoding="utf-8")))
        assert len(headings) == len(set(headings)), pages.name(path)
