"""The modules of a page are all named in its head, so that a browser fetches them side by side."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from config.common.modules import needed
from organizations.models import Organization
from tests.factories import make_transcript

ClientFor = Callable[..., Client]
STATIC = Path(settings.BASE_DIR) / "static"
NAMED = re.compile(r'<(?:link rel="modulepreload" href|script type="module" src)="/static/([^"]+)"')
IMPORTED = re.compile(r'^import [^"]*"(\.[^"]+)"', re.MULTILINE)


def imports(name: str) -> set[str]:
    folder = posixpath.dirname(name)
    found = IMPORTED.findall((STATIC / name).read_text())
    return {posixpath.normpath(posixpath.join(folder, one)) for one in found}


def test_the_editor_names_every_module_that_it_will_need(
    organization: Organization, alice: User, client_for: ClientFor
) -> None:
    transcript = make_transcript(organization)
    page = client_for(alice).get(f"/o/{organization.slug}/transcripts/{transcript.pk}").content.decode()
    named = NAMED.findall(page)
    assert {"js/app.js", "js/transcript-page.js", "js/editor/caret.js", "js/company/mentions.js"} <= set(named)
    assert {one for name in named for one in imports(name)} <= set(named)


def test_each_module_is_named_once_and_the_nearest_first() -> None:
    names = needed("js/share.js", "js/transcript-page.js")
    assert len(names) == len(set(names))
    assert names[:2] == ("js/share.js", "js/transcript-page.js")
    assert names.index("js/editor/editor.js") < names.index("js/editor/caret.js")


def test_a_module_that_is_not_there_is_no_hint() -> None:
    with pytest.raises(FileNotFoundError):
        needed("js/nowhere.js")


def test_no_page_names_a_module_without_its_imports() -> None:
    """`{% modules %}` does both; a script element alone would bring the chain back."""
    templates = Path(settings.BASE_DIR, "templates").rglob("*.html")
    assert [str(path) for path in templates if 'type="module"' in path.read_text()] == []
