"""The glossary over the API, from a term to what a job hears and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from media.storage import MediaStorage
from organizations.models import AuditEvent, Organization
from tests.api_client import ApiClient
from tests.factories import make_glossary, make_project, make_recording
from transcription import runner
from transcription.models import Glossary, GlossaryEntry, Job
from transcription.services import glossaries

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]


@pytest.fixture(autouse=True)
def fake_engine(settings: Any) -> None:
    settings.ASR_FAKE_ENGINE = True


def submit(client: ApiClient, organization: Organization, **body: Any) -> Any:
    media = body.pop("media", None) or make_recording(organization).pk
    return client.post("/jobs", {"media": str(media), "engine": "fake", **body})


def options_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.content
    options: dict[str, Any] = Job.objects.get(pk=answer.json()["id"]).options
    return options


# --- Keeping it -------------------------------------------------------------------------------------------------------
def test_an_admin_keeps_a_glossary(organization: Organization, dana: User, bob: User, api: Api) -> None:
    client = api(dana)
    made = client.post("/glossaries").json()
    assert (made["project"], made["terms"], made["replacements"]) == (None, 0, 0)
    own = f"/glossaries/{made['id']}"
    term = client.post(f"{own}/entries", {"text": "  Bayt   al-Hikma ", "boost": 8})
    assert term.status_code == 201, term.content
    assert (term.json()["text"], term.json()["boost"]) == ("Bayt al-Hikma", 8)
    fixed = client.post(f"{own}/entries", {"text": "tadween", "replacement": "Tadwin"}).json()
    assert [row["text"] for row in api(bob).get(f"{own}/entries").json()["data"]] == ["Bayt al-Hikma", "tadween"]
    changed = client.patch(f"{own}/entries/{fixed['id']}", {"replacement": "تدوين"}).json()
    assert (changed["text"], changed["replacement"]) == ("tadween", "تدوين")
    [listed] = api(bob).get("/glossaries").json()["data"]
    assert (listed["terms"], listed["replacements"]) == (1, 1)
    assert client.delete(f"{own}/entries/{fixed['id']}").status_code == 204
    assert client.delete(own).status_code == 204
    assert not GlossaryEntry.objects.exists()
    told = list(AuditEvent.objects.filter(action__startswith="glossary").values_list("action", flat=True))
    assert sorted(set(told)) == ["glossary.changed", "glossary.created", "glossary.deleted"]


def test_there_is_one_for_the_organization_and_one_a_project(organization: Organization, dana: User, api: Api) -> None:
    project = make_project(organization)
    assert api(dana).post("/glossaries").status_code == 201
    again = api(dana).post("/glossaries")
    assert (again.status_code, again.json()["error_type"]) == (409, "glossary_exists")
    assert api(dana).post("/glossaries", {"project": str(project.pk)}).status_code == 201
    assert api(dana).post("/glossaries", {"project": str(project.pk)}).status_code == 409


def test_a_foreign_project_is_unknown(other_organization: Organization, dana: User, api: Api) -> None:
    answer = api(dana).post("/glossaries", {"project": str(make_project(other_organization).pk)})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "project")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "..."}, "text"),
        ({"text": "a " * 13}, "text"),
        ({"text": "Tadwin", "replacement": "Tadwin"}, "replacement"),
        ({"text": "Tadwin", "boost": 11}, "boost"),
        ({"text": "x" * 101}, "text"),
        ({"text": "Tadwin", "colour": "red"}, "colour"),
    ],
)
def test_what_is_no_entry(organization: Organization, dana: User, api: Api, body: dict[str, Any], field: str) -> None:
    own = make_glossary(organization, ("known", ""))
    answer = api(dana).post(f"/glossaries/{own.pk}/entries", body)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    assert own.entries.count() == 1


def test_a_term_is_there_once_whatever_its_case(organization: Organization, dana: User, api: Api) -> None:
    own = make_glossary(organization, ("Tadwin", ""))
    answer = api(dana).post(f"/glossaries/{own.pk}/entries", {"text": "TADWIN"})
    assert (answer.status_code, answer.json()["error_type"]) == (409, "entry_exists")


def test_the_limit_holds(organization: Organization, dana: User, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glossaries, "MOST_ENTRIES", 1)
    own = make_glossary(organization, ("Tadwin", ""))
    answer = api(dana).post(f"/glossaries/{own.pk}/entries", {"text": "another"})
    assert answer.json()["errors"][0]["code"] == "too_many"
    answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": "text\nanother\n"})
    assert answer.json()["errors"][0]["code"] == "too_many"
    assert api(dana).post(f"/glossaries/{own.pk}/import", {"csv": "text\nanother\n", "replace": True}).json() == {
        "added": 1,
        "changed": 0,
        "removed": 1,
    }


# --- Tables -----------------------------------------------------------------------------------------------------------
def test_a_table_goes_out_and_comes_in_again(organization: Organization, dana: User, api: Api) -> None:
    own = make_glossary(organization, ("=SUM", ""), ("تدوين", "Tadwin"), ('says "hi", ok', "'quoted'"))
    before = list(glossaries.table(own))
    table = b"".join(api(dana).get(f"/glossaries/{own.pk}/export").streaming_content).decode()
    assert "'=SUM" in table, "no spreadsheet runs it"
    project = make_project(organization)
    second = Glossary.objects.create(organization=organization, project=project)
    done = api(dana).post(f"/glossaries/{second.pk}/import", {"csv": table})
    assert (done.status_code, done.json()) == (200, {"added": 3, "changed": 0, "removed": 0})
    assert list(glossaries.table(second)) == before
    assert api(dana).post(f"/glossaries/{second.pk}/import", {"csv": table}).json()["changed"] == 0


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_excel_s_separators(organization: Organization, dana: User, api: Api, separator: str) -> None:
    own = make_glossary(organization, ("Old", ""))
    lines = [["Term", "Written as", "Boost", "Remark"], ["tadween", "Tadwin", "", "x"], ["old", "", "7", ""]]
    body = {"csv": "\r\n".join(separator.join(line) for line in lines)}
    assert api(dana).post(f"/glossaries/{own.pk}/import", body).json() == {"added": 1, "changed": 1, "removed": 0}
    assert list(glossaries.table(own)) == [("old", "", 7), ("tadween", "Tadwin", 5)]


def test_each_faulty_line_is_named_and_nothing_is_taken_in(organization: Organization, dana: User, api: Api) -> None:
    own = make_glossary(organization, ("known", ""))
    table = 'text,replacement,boost\nfine,,3\n,empty,\nhigh,,99\n\nFine,,1\n"two\nlines",,5\nlast,,x\n'
    answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": table})
    assert answer.status_code == 422
    found = {one["field"]: one["message"] for one in answer.json()["errors"]}
    assert list(found) == ["line 3", "line 4", "line 6", "line 9"]
    assert "line 2" in found["line 6"]
    assert own.entries.count() == 1


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("", "line 1"),
        ("a,b\nc,d\n", "line 1"),
        ("text\n", "csv"),
        ('text\n"open\n', "line 2"),
        ("text\n\0\n", "line 2"),
    ],
)
def test_what_is_no_table(organization: Organization, dana: User, api: Api, table: str, field: str) -> None:
    own = make_glossary(organization)
    answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": table or " "})
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["field"] in (field, "csv")


def test_the_separator_that_excel_names_itself(organization: Organization, dana: User, api: Api) -> None:
    own = make_glossary(organization, ("Old", ""))
    answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": "sep=;\r\ntext;boost\r\ncommas, too;7\r\n;99\r\n"})
    assert [one["field"] for one in answer.json()["errors"]] == ["line 4"], "lines are counted as the file shows them"
    answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": "sep=;\r\ntext;boost\r\ncommas, too;7\r\n"})
    assert answer.json()["added"] == 1
    assert ("commas, too", "", 7) in list(glossaries.table(own))


def test_what_a_table_leaves_open_stays(organization: Organization, dana: User, api: Api) -> None:
    own = make_glossary(organization, ("tadween", "Tadwin"))
    own.entries.update(boost=9)
    answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": "text,boost\ntadween,\n"})
    assert answer.json() == {"added": 0, "changed": 0, "removed": 0}
    assert list(glossaries.table(own)) == [("tadween", "Tadwin", 9)]
    api(dana).post(f"/glossaries/{own.pk}/import", {"csv": "text,replacement\ntadween,\n"})
    assert list(glossaries.table(own)) == [("tadween", "", 9)], "an empty cell is a word: listen, and write it so"


def test_quotation_marks_that_do_not_pair_are_named_where_they_open(
    organization: Organization, dana: User, api: Api
) -> None:
    own = make_glossary(organization)
    answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": 'text\nfine\n"open\nmore\nlast\n'})
    (fault,) = answer.json()["errors"]
    assert fault["field"] == "line 3"
    assert "do not pair" in fault["message"]


def test_many_faults_are_counted(organization: Organization, dana: User, api: Api) -> None:
    own = make_glossary(organization)
    answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": "text,boost\n" + "word,99\n" * 25})
    told = answer.json()["errors"]
    assert (len(told), told[-1]["message"]) == (21, "5 more lines are not right.")


# --- What jobs get ----------------------------------------------------------------------------------------------------
def test_a_job_gets_its_organizations_words(organization: Organization, bob: User, api: Api) -> None:
    own = make_glossary(organization, ("Diwan", ""), ("tadween", "Tadwin"))
    GlossaryEntry.objects.create(organization=organization, glossary=own, text="Hikma", boost=9)
    answer = submit(api(bob), organization, vocabulary=["Basra"])
    options = options_of(answer)
    assert options["vocabulary"] == ["Basra", "Hikma", "Diwan"], "the request's first, then by boost"
    assert options["replacements"] == [["tadween", "Tadwin"]]
    shown = answer.json()["options"]
    assert (shown["glossary"], shown["replacements"]) == (str(own.pk), 1)


def test_a_projects_entries_come_first_and_win(organization: Organization, bob: User, api: Api) -> None:
    make_glossary(organization, ("general", ""), ("tadween", "Tadwin"), ("other", "Other"))
    project = make_project(organization)
    own = make_glossary(organization, ("special", ""), ("Tadween", "TADWIN"), project=project)
    media = make_recording(organization, project=project).pk
    options = options_of(submit(api(bob), organization, media=media))
    assert options["glossary"] == str(own.pk)
    assert options["vocabulary"] == ["special", "general"]
    assert options["replacements"] == [["Tadween", "TADWIN"], ["other", "Other"]]


def test_a_request_names_one_or_none(organization: Organization, bob: User, api: Api) -> None:
    make_glossary(organization, ("general", ""))
    project = make_project(organization)
    own = make_glossary(organization, ("special", ""), project=project)
    assert options_of(submit(api(bob), organization, glossary=None))["vocabulary"] == []
    named = options_of(submit(api(bob), organization, glossary=str(own.pk)))
    assert (named["glossary"], named["vocabulary"]) == (str(own.pk), ["special", "general"])


def test_a_foreign_glossary_is_unknown(
    organization: Organization, other_organization: Organization, bob: User, api: Api
) -> None:
    foreign = make_glossary(other_organization)
    answer = submit(api(bob), organization, glossary=str(foreign.pk))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "glossary")
    assert options_of(submit(api(bob), organization))["vocabulary"] == []


def test_what_was_resolved_stays(organization: Organization, bob: User, dana: User, api: Api) -> None:
    own = make_glossary(organization, ("tadween", "Tadwin"))
    answer = submit(api(bob), organization)
    api(dana).delete(f"/glossaries/{own.pk}")
    assert options_of(answer)["replacements"] == [["tadween", "Tadwin"]]


def test_a_script_comes_out_put_right(
    organization: Organization, bob: User, api: Api, media_storage: MediaStorage
) -> None:
    """From the glossary to the lines, through the real steps."""
    make_glossary(organization, ("good morning", "Good Morning"), ("tad ween", "Tadwin"))
    media = make_recording(organization, filename="said.txt", content_type="text/plain", duration_ms=3000)
    media_storage.save_bytes(media.source_key, b"Well good morning tad ween, again.", content_type="text/plain")
    job = Job.objects.get(pk=submit(api(bob), organization, media=media.pk, mode="mono").json()["id"])
    while sum(runner.work(queue, worker="test") for queue in ("default", "diarize")):
        pass
    job.refresh_from_db()
    assert job.error is None
    said = " ".join(row.text for row in job.transcript.segments.order_by("position"))
    assert said == "Well Good Morning Tadwin, again."
    assert job.transcript.provenance["glossary"]["replaced"] == 2
    words = [word for row in job.transcript.segments.order_by("position") for word in row.words]
    assert [word[0] for word in words] == ["Well", "Good", "Morning", "Tadwin,", "again."]
    assert words[3][2] > words[3][1] >= words[2][2]
