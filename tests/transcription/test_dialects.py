"""The dialects of Arabic as an organization changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import User
from organizations.models import AuditEvent, Organization
from tests.api_client import ApiClient
from tests.factories import make_recording
from transcription.asr.text.dialects import DIALECTS
from transcription.models import DialectPreset, Job

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
CHANGE = {"prompt": "شلونك، شكو ماكو؟", "vocabulary": ["شكو", "ماكو", "شكو"], "notes": "For Basra."}


def test_the_list_is_ours_until_it_is_changed(carol: User, api: Api) -> None:
    listed = api(carol).get("/dialects").json()["data"]
    assert [one["code"] for one in listed] == list(DIALECTS)
    assert not any(one["changed"] for one in listed)
    assert api(carol).get("/test/arabic/dialects").json()["data"] == listed


def test_a_change_counts_for_ones_own_organization_only(dana: User, carol: User, mallory: User, api: Api) -> None:
    answer = api(dana).patch("/dialects/iraqi", CHANGE)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["vocabulary"], answer.json()["changed"]) == (["شكو", "ماكو"], True)
    here = {one["code"]: one for one in api(carol).get("/dialects").json()["data"]}
    assert here["iraqi"]["notes"] == "For Basra."
    assert here["gulf"]["notes"] == DIALECTS["gulf"].notes
    there = {one["code"]: one for one in api(mallory).get("/dialects").json()["data"]}
    assert there["iraqi"]["prompt"] == DIALECTS["iraqi"].prompt


def test_a_reset_brings_ours_back(dana: User, api: Api) -> None:
    api(dana).patch("/dialects/iraqi", CHANGE)
    assert api(dana).delete("/dialects/iraqi").json()["prompt"] == DIALECTS["iraqi"].prompt
    assert api(dana).delete("/dialects/iraqi").status_code == 200, "twice is once"
    assert not DialectPreset.objects.exists()
    told = list(AuditEvent.objects.filter(action__startswith="dialect").values_list("action", flat=True))
    assert sorted(told) == ["dialect.changed", "dialect.reset"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"prompt": "x" * 401}, "prompt"), ({"vocabulary": ["x" * 61]}, "vocabulary.0"), ({"code": "msa"}, "code")],
)
def test_what_cannot_be_kept(dana: User, api: Api, body: dict[str, Any], field: str) -> None:
    answer = api(dana).patch("/dialects/iraqi", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_an_unknown_dialect_is_not_there(dana: User, api: Api) -> None:
    assert api(dana).patch("/dialects/klingon", {"notes": "x"}).status_code == 404
    assert api(dana).delete("/dialects/klingon").status_code == 404


def test_a_job_is_told_what_the_organization_wrote(
    organization: Organization, dana: User, bob: User, api: Api, settings: Any
) -> None:
    settings.ASR_FAKE_ENGINE = True
    api(dana).patch("/dialects/iraqi", CHANGE)
    body = {"media": str(make_recording(organization).pk), "engine": "fake", "dialect": "iraqi"}
    answer = api(bob).post("/jobs", body)
    assert answer.status_code == 202, answer.content
    options = Job.objects.get(pk=answer.json()["id"]).options
    assert (options["initial_prompt"], options["vocabulary"]) == (CHANGE["prompt"], ["شكو", "ماكو"])


def test_the_pages(organization: Organization, dana: User, carol: User, client_for: Callable[..., Client]) -> None:
    home = f"/o/{organization.slug}/dialects"
    client = client_for(dana)
    assert DIALECTS["iraqi"].prompt in client.get(f"{home}/iraqi").content.decode()
    form = {"prompt": "شلونك؟", "vocabulary": "شكو، ماكو هسه", "notes": ""}
    assert client.post(f"{home}/iraqi", form).status_code == 302
    assert DialectPreset.objects.get().vocabulary == ["شكو", "ماكو", "هسه"]
    page = client_for(carol).get(home).content.decode()
    assert "شلونك؟" in page
    assert f"{home}/iraqi" not in page, "what a role cannot do is not shown"
    assert client.post(f"{home}/iraqi", {**form, "vocabulary": "x" * 61}).status_code == 422
    assert client.post(f"{home}/iraqi/reset").status_code == 302
    assert not DialectPreset.objects.exists()


def test_our_notes_are_read_in_arabic_and_stay_ours(
    organization: Organization, dana: User, client_for: Callable[..., Client]
) -> None:
    dana.language = "ar"
    dana.save()
    client, home = client_for(dana), f"/o/{organization.slug}/dialects"
    page = client.get(f"{home}/iraqi").content.decode()
    assert DIALECTS["iraqi"].notes[:20] not in page
    assert f"{home}/iraqi/reset" not in page, "there is nothing to reset"
    with translation.override("ar"):
        notes = gettext(DIALECTS["iraqi"].notes)
    assert client.post(f"{home}/iraqi", {"prompt": "شلونك؟", "vocabulary": "", "notes": notes}).status_code == 302
    assert DialectPreset.objects.get().notes == DIALECTS["iraqi"].notes
    assert f"{home}/iraqi/reset" in client.get(f"{home}/iraqi").content.decode()
