"""The glossary in a browser, without a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import User
from organizations.models import Organization
from tests.factories import make_glossary, make_project
from transcription.models import Glossary
from transcription.services import glossaries, hints

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]


def home(organization: Organization, glossary: Glossary | None = None, path: str = "") -> str:
    own = f"/{glossary.pk}" if glossary else ""
    return f"/o/{organization.slug}/glossary{own}{path}"


def test_from_nothing_to_an_entry(organization: Organization, dana: User, client_for: Browser) -> None:
    client = client_for(dana)
    assert "Start a glossary" in client.get(home(organization)).content.decode()
    assert client.post(home(organization, path="/start")).headers["Location"] == home(organization)
    own = Glossary.objects.get()
    answer = client.post(home(organization, own, "/add"), {"text": "tadween", "replacement": "Tadwin", "boost": "5"})
    assert answer.headers["Location"] == home(organization)
    page = client.get(home(organization)).content.decode()
    assert "<bdi>tadween</bdi>" in page
    assert "<bdi>Tadwin</bdi>" in page
    entry = own.entries.get()
    address = home(organization, own, f"/entries/{entry.pk}")
    assert 'value="tadween"' in client.get(address).content.decode()
    assert client.post(address, {"text": "Tadwin", "replacement": "", "boost": "9"}).status_code == 302
    assert list(glossaries.table(own)) == [("Tadwin", "", 9)]
    assert client.post(f"{address}/remove").status_code == 302
    assert client.post(home(organization, own, "/delete")).status_code == 302
    assert not Glossary.objects.exists()


def test_what_is_not_right_stays_in_the_form(organization: Organization, dana: User, client_for: Browser) -> None:
    own = make_glossary(organization, ("known", ""))
    client = client_for(dana)
    for form in ({"text": "KNOWN", "boost": "5"}, {"text": "...", "boost": "5"}, {"text": "x", "boost": "50"}):
        answer = client.post(home(organization, own, "/add"), form)
        assert answer.status_code == 422
        assert f'value="{form["text"]}"' in answer.content.decode()
    assert own.entries.count() == 1


def test_a_file_is_taken_in_or_its_lines_are_named(organization: Organization, dana: User, client_for: Browser) -> None:
    own = make_glossary(organization, ("known", ""))
    client = client_for(dana)

    def send(content: bytes) -> str:
        file = SimpleUploadedFile("words.csv", content, "text/csv")
        answer = client.post(home(organization, own, "/import"), {"file": file}, follow=True)
        return answer.content.decode()

    assert "Line 3: A term has at least one letter or digit." in send(b"text\nfine\n...\n")
    assert "Save it as" in send("text\ntérme\n".encode("latin-1"))
    assert own.entries.count() == 1
    assert "Entries added: 2, changed: 0, removed: 0." in send(
        "\ufefftext;replacement\nتدوين;Tadwin\nthree;\n".encode()
    )
    assert "Entries added: 1, changed: 1, removed: 0." in send("text\tboost\nfour\t\nTHREE\t9\n".encode("utf-16"))
    exported = client.get(home(organization, own, "/export")).getvalue().decode()
    assert "تدوين,Tadwin,5" in exported


def test_the_columns_are_known_as_the_page_calls_them(
    organization: Organization, dana: User, client_for: Browser
) -> None:
    own = make_glossary(organization, ("known", ""))
    dana.language = "ar"
    dana.save()
    with translation.override("ar"):
        table = f"{gettext('Term')},{gettext('Written as')},{gettext('Boost')}\nتدوين,Tadwin,7\n"
    assert not table.isascii()
    file = SimpleUploadedFile("words.csv", table.encode(), "text/csv")
    assert client_for(dana).post(home(organization, own, "/import"), {"file": file}).status_code == 302
    assert ("تدوين", "Tadwin", 7) in list(glossaries.table(own))


def test_where_a_refused_form_stands_the_glossary_can_be_opened(
    organization: Organization, dana: User, client_for: Browser
) -> None:
    own = make_glossary(organization)
    for path in ("/import", "/add"):
        answer = client_for(dana).get(home(organization, own, path))
        assert (answer.status_code, answer.headers["Location"]) == (302, home(organization))


def test_a_project_has_its_own(organization: Organization, dana: User, client_for: Browser) -> None:
    make_glossary(organization)
    project = make_project(organization, name="Archive")
    client = client_for(dana)
    assert f'<option value="{project.pk}">Archive</option>' in client.get(home(organization)).content.decode()
    own_address = client.post(home(organization, path="/start"), {"project": str(project.pk)}).headers["Location"]
    assert own_address == home(organization, project.glossary)
    page = client.get(own_address).content.decode()
    assert "Jobs of this project use these entries first" in page
    assert "<option" not in page, "no project is left"


def test_viewers_read_only(organization: Organization, carol: User, client_for: Browser) -> None:
    own = make_glossary(organization)
    page = client_for(carol).get(home(organization, own)).content.decode()
    assert "Tadwin" in page
    assert "Add an entry" not in page


@pytest.mark.parametrize(
    ("engine", "listens", "words"),
    [
        ("embedded", False, "The embedded engine does not listen"),
        ("faster_whisper", True, "as its prompt holds"),
        ("assemblyai", True, "200 terms"),
    ],
)
def test_the_page_says_what_the_engine_does_with_terms(
    engine: str, listens: bool, words: str, settings: dict[str, object]
) -> None:
    settings.ASR_SERVICES = {"assemblyai": {"api_key": "x", "base_url": ""}}  # type: ignore[attr-defined]
    hint = hints.of_engine(engine)
    assert (hint.listens, words in hint.text) == (listens, True)


def test_a_browser_shows_the_default_engines(
    organization: Organization, carol: User, client_for: Browser, settings: dict[str, object]
) -> None:
    make_glossary(organization)
    settings.ASR_ENGINE, settings.ASR_MODEL = "faster_whisper", "small"  # type: ignore[attr-defined]
    assert "Whisper reads terms" in client_for(carol).get(home(organization)).content.decode()
