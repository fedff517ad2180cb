"""What an organization sets for all its people, and its end, until the purge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import User
from config.common.clock import now
from organizations.models import AuditEvent, Organization
from organizations.role_table import NAMES, rows
from organizations.roles import Action, Role
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_member, make_organization, make_project, make_recording, make_user

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
Browser = Callable[..., Client]
PATH = "/organizations/baghdad-radio"


def with_second_factor(user: User) -> User:
    TOTP.activate(user, generate_totp_secret())
    return user


def test_settings_are_read_and_changed(api: Api, dana: User, organization: Organization) -> None:
    client = api(dana)
    assert client.get(f"{PATH}/settings").json() == {
        "name": "Baghdad Radio",
        "defaults": {},
        "audio_retention_days": None,
        "transcript_retention_days": None,
        "allowed_email_domains": [],
        "require_mfa": False,
    }
    wanted = {
        "name": "  إذاعة   بغداد ",
        "defaults": {"language": "ar", "mode": "mono"},
        "audio_retention_days": 30,
        "transcript_retention_days": 365,
        "allowed_email_domains": ["@Example.com", "example.com", "مثال.com"],
    }
    changed = client.patch(f"{PATH}/settings", wanted)
    assert changed.status_code == 200
    assert changed.json() == {
        **wanted,
        "name": "إذاعة بغداد",
        "allowed_email_domains": ["example.com", "xn--mgbh0fb.com"],
        "require_mfa": False,
    }
    assert client.patch(PATH, {"name": "Radio"}).json()["name"] == "Radio"
    assert client.get(PATH).json()["slug"] == "baghdad-radio"
    assert client.patch(f"{PATH}/settings", {"audio_retention_days": None}).json()["audio_retention_days"] is None
    events = AuditEvent.objects.filter(action="organization.changed").order_by("created_at")
    assert events[1].data == {"name": {"from": "إذاعة بغداد", "to": "Radio"}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "\u200b"}, "name"),
        ({"audio_retention_days": 0}, "audio_retention_days"),
        ({"transcript_retention_days": -1}, "transcript_retention_days"),
        ({"audio_retention_days": 99_999}, "audio_retention_days"),
        ({"allowed_email_domains": ["not a domain"]}, "allowed_email_domains"),
        ({"allowed_email_domains": ["localhost"]}, "allowed_email_domains"),
        ({"defaults": {"mode": "opera"}}, "defaults.mode"),
        ({"defaults": {"engine": "ouija"}}, "defaults.engine"),
        ({"defaults": {"dialect": "klingon"}}, "defaults.dialect"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_settings_are_named_and_change_nothing(
    body: dict[str, Any], field: str, api: Api, dana: User, organization: Organization
) -> None:
    answer = api(dana).patch(f"{PATH}/settings", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    before = (organization.name, organization.defaults, organization.allowed_email_domains)
    organization.refresh_from_db()
    assert (organization.name, organization.defaults, organization.allowed_email_domains) == before


def test_layers_of_defaults(api: Api, bob: User, organization: Organization) -> None:
    """Request over project over organization; a word of a higher layer takes the lower one's shorthand away."""
    Organization.objects.update(defaults={"language": "en", "mode": "mono"})
    project = make_project(organization, defaults={"language": "ar"})
    client = api(bob)

    def options(media: Any, **asked: Any) -> dict[str, Any]:
        answer = client.post("/jobs", {"media": str(media.pk), **asked})
        assert answer.status_code == 202, answer.content
        found: dict[str, Any] = answer.json()["options"]
        return found

    plain, sorted_in = make_recording(organization), make_recording(organization, project=project)
    assert (options(plain)["language"], options(plain)["diarization"]["enabled"]) == ("en", False)
    assert (options(sorted_in)["language"], options(sorted_in)["diarization"]["enabled"]) == ("ar", False)
    assert options(sorted_in, language="fr")["language"] == "fr"
    assert options(plain, diarization={"enabled": True})["diarization"]["enabled"], "no contradiction with a default"
    contradiction = client.post("/jobs", {"media": str(plain.pk), "mode": "mono", "diarization": {"enabled": True}})
    assert contradiction.status_code == 422


def test_another_engine_forgets_the_default_model(api: Api, bob: User, organization: Organization) -> None:
    Organization.objects.update(defaults={"engine": "faster_whisper", "model": "tiny"})
    answer = api(bob).post("/jobs", {"media": str(make_recording(organization).pk), "engine": "fake"})
    assert (answer.status_code, answer.json()["options"]["model"]) == (202, "fake")


def test_projects_defaults_are_judged_with_the_organizations(api: Api, dana: User, organization: Organization) -> None:
    Organization.objects.update(defaults={"engine": "embedded"})
    answer = api(dana).post(f"{PATH}/projects", {"name": "Arabic", "defaults": {"language": "ar"}})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "defaults.language")
    made = api(dana).post(f"{PATH}/projects", {"name": "English", "audio_retention_days": 7})
    assert (made.status_code, made.json()["audio_retention_days"]) == (201, 7)


# --- Required second factor ------------------------------------------------------------------------------------------
def test_second_factor_is_asked_of_those_without(
    api: Api, client_for: Browser, dana: User, bob: User, carol: User, organization: Organization
) -> None:
    refused = api(dana).patch(f"{PATH}/settings", {"require_mfa": True})
    assert (refused.status_code, refused.json()["error_type"]) == (409, "mfa_not_set_up")
    member, viewer = api(bob), api(carol)
    Organization.objects.update(require_mfa=True)
    with_second_factor(carol)
    answer = member.get("/media")
    assert (answer.status_code, answer.json()["error_type"]) == (403, "mfa_required_by_organization")
    assert member.post("/tickets").status_code == 403
    assert viewer.get("/media").status_code == 200
    _, text = make_api_key(organization)
    assert ApiClient.of_key(text).get("/media").status_code == 200
    browser = client_for(bob)
    sent = browser.get(f"/o/{organization.slug}/recordings")
    assert sent["Location"] == f"/o/{organization.slug}/two-step"
    assert "Set it up" in browser.get(sent["Location"]).content.decode()
    with_second_factor(bob)
    assert browser.get(sent["Location"])["Location"] == f"/o/{organization.slug}/"
    assert browser.get(f"/o/{organization.slug}/recordings").status_code == 200


def test_who_has_it_may_require_it(api: Api, dana: User) -> None:
    client = api(dana)
    with_second_factor(dana)
    assert client.patch(f"{PATH}/settings", {"require_mfa": True}).json()["require_mfa"] is True
    assert client.get(f"{PATH}/settings").status_code == 200


def test_who_will_not_have_it_may_leave(api: Api, bob: User) -> None:
    client = api(bob)
    Organization.objects.update(require_mfa=True)
    assert client.get(PATH).status_code == 200
    assert client.post(f"{PATH}/members/leave").status_code == 204


# --- Deletion ---------------------------------------------------------------------------------------------------------
def test_deleted_organization_is_closed_and_comes_back(
    *,
    api: Api,
    client_for: Browser,
    alice: User,
    dana: User,
    organization: Organization,
    mails: Callable[[], list[EmailMessage]],
    settings: Any,
) -> None:
    settings.ORGANIZATION_GRACE_DAYS = 3
    _, text = make_api_key(organization)
    owner, admin, key = api(alice), api(dana), ApiClient.of_key(text)
    answer = owner.delete(PATH)
    assert answer.status_code == 202
    organization.refresh_from_db()
    assert organization.deleted_at and organization.purge_at
    assert timedelta(days=2, hours=23) < organization.purge_at - now() <= timedelta(days=3)
    for client in (owner, admin, key):
        refused = client.get("/media")
        assert (refused.status_code, refused.json()["error_type"]) == (403, "organization_deleted")
    assert admin.get(PATH).json()["purge_at"] is not None
    assert admin.post(f"{PATH}/restore").status_code == 403
    for user, button in ((alice, True), (dana, False)):
        browser = client_for(user)
        sent = browser.get(f"/o/{organization.slug}/")
        assert sent["Location"] == f"/o/{organization.slug}/deleted"
        assert ("Restore the organization" in browser.get(sent["Location"]).content.decode()) is button
    assert owner.post(f"{PATH}/restore").json()["purge_at"] is None
    assert admin.get("/media").status_code == 200
    assert owner.post(f"{PATH}/restore").json()["error_type"] == "organization_not_deleted"
    assert [mail.to for mail in mails()] == [["alice@example.com"]] * 2
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"organization.deleted", "organization.restored"}


def test_page_deletes_only_by_name(client_for: Browser, alice: User, dana: User, organization: Organization) -> None:
    path = f"/o/{organization.slug}/settings/delete"
    assert client_for(dana).post(path, {"name": organization.name}).status_code == 403
    owner = client_for(alice)
    owner.post(path, {"name": "baghdad"})
    organization.refresh_from_db()
    assert organization.deleted_at is None
    assert owner.post(path, {"name": organization.name})["Location"] == f"/o/{organization.slug}/deleted"
    assert owner.post(f"/o/{organization.slug}/restore")["Location"] == f"/o/{organization.slug}/"
    organization.refresh_from_db()
    assert organization.deleted_at is None


# --- Pages -----------------------------------------------------------------------------------------------------------
def test_settings_pages(client_for: Browser, alice: User, organization: Organization) -> None:
    browser, here = client_for(alice), f"/o/{organization.slug}/settings"
    for name in ("", "/members", "/roles", "/retention"):
        assert browser.get(f"{here}{name}").status_code == 200, name
    saved = browser.post(here, {"name": "Radio", "language": "ar", "allowed_email_domains": "a.com, b.com"})
    assert saved.status_code == 302
    organization.refresh_from_db()
    assert (organization.name, organization.defaults) == ("Radio", {"language": "ar"})
    assert organization.allowed_email_domains == ["a.com", "b.com"]
    wrong = browser.post(here, {"name": "Radio 2", "allowed_email_domains": "nonsense"})
    assert wrong.status_code == 422
    assert "is not a domain" in wrong.content.decode()
    browser.post(f"{here}/retention", {"audio_retention_days": "30", "transcript_retention_days": ""})
    organization.refresh_from_db()
    assert (organization.name, organization.audio_retention_days) == ("Radio", 30)


def test_viewers_see_members_and_roles_only(client_for: Browser, carol: User, organization: Organization) -> None:
    browser, here = client_for(carol), f"/o/{organization.slug}/settings"
    assert browser.get(here).status_code == 403
    assert browser.get(f"{here}/retention").status_code == 403
    members = browser.get(f"{here}/members").content.decode()
    assert "alice@example.com" in members
    assert "Invite somebody" not in members
    assert browser.post(f"{here}/invitations", {"email": "x@example.com", "role": "viewer"}).status_code == 403


def test_members_page_does_what_it_offers(
    client_for: Browser, alice: User, bob: User, organization: Organization
) -> None:
    browser, here = client_for(alice), f"/o/{organization.slug}/settings"
    row = organization.memberships.get(user=bob)
    assert browser.post(f"{here}/invitations", {"email": "x@example.com", "role": "viewer"}).status_code == 302
    assert browser.post(f"{here}/invitations", {"email": bob.email, "role": "viewer"}).status_code == 422
    assert "x@example.com" in browser.get(f"{here}/members").content.decode()
    browser.post(f"{here}/members/{row.pk}/role", {"role": "admin"})
    row.refresh_from_db()
    assert row.role == Role.ADMIN
    browser.post(f"{here}/members/{row.pk}/remove")
    assert not organization.memberships.filter(user=bob).exists()
    browser.post(f"/o/{organization.slug}/leave")
    assert organization.memberships.filter(user=alice).exists(), "the last owner stays"


def test_table_of_roles_names_every_action() -> None:
    assert set(NAMES) == set(Action)
    assert len(rows()) == len(Action)
    assert dict(rows())[str(NAMES[Action.ORGANIZATION_DELETE])] == [False, False, False, True]


def test_signing_in_leads_to_the_organization_of_last_time(client_for: Browser, db: None) -> None:
    user = make_user()
    first, second = make_organization("Alpha", user), make_organization("Beta", user)
    browser = client_for(user)
    assert browser.get("/app")["Location"] == f"/o/{first.slug}/"
    browser.get(f"/o/{second.slug}/")
    assert browser.get("/app")["Location"] == f"/o/{second.slug}/"
    Organization.objects.filter(pk=second.pk).update(deleted_at=now(), purge_at=now() + timedelta(days=1))
    assert browser.get("/app")["Location"] == f"/o/{first.slug}/"


def test_one_organizations_rules_are_not_anothers(api: Api, bob: User, organization: Organization) -> None:
    other = make_organization("Strict")
    make_member(other, Role.MEMBER, bob)
    Organization.objects.filter(pk=other.pk).update(require_mfa=True)
    assert api(bob, organization.slug).get("/media").status_code == 200
    assert api(bob, other.slug).get("/media").status_code == 403


def test_project_page_sets_defaults_and_retention(client_for: Browser, dana: User, organization: Organization) -> None:
    row = make_project(organization, name="Radio")
    browser, here = client_for(dana), f"/o/{organization.slug}/projects/{row.pk}"
    assert browser.get(here).status_code == 200
    wrong = browser.post(here, {"name": "", "language": "ar"})
    assert wrong.status_code == 422
    saved = {"name": "Radio 1", "language": "ar", "mode": "", "audio_retention_days": "9"}
    assert browser.post(here, saved).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.defaults, row.audio_retention_days) == ("Radio 1", {"language": "ar"}, 9)
