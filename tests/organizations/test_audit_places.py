"""Where the audit log is written: accounts, recordings, jobs, keys, and whatever staff do in the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client

from accounts.models import User
from media.models import Recording
from media.states import RecordingStatus
from organizations.audit_watch import Audited
from organizations.models import AuditEvent, Organization
from tests.factories import PASSWORD, make_job, make_organization, make_project, make_recording

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]


@pytest.fixture
def staff(client_for: Callable[..., Client], db: None) -> Client:
    return client_for(User.objects.create_superuser("root@example.com", "x"))


def written(organization: Organization | None, **found: Any) -> list[tuple[str, str, str]]:
    """(action, actor, target) of the organization's events, oldest first, without the cast's making and signing in."""
    rows = AuditEvent.objects.filter(organization=organization, **found).order_by("created_at")
    rows = rows.exclude(action__in=["organization.created", "user.signed_in"])
    return [(row.action, row.actor_name, row.target_label) for row in rows]


ALICE = "Alice Ahmad <alice@example.com>"


def test_signing_in_by_page_and_by_api(organization: Organization, alice: User, api: Api) -> None:
    Client().post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    api(alice).post("/auth/logout")
    rows = AuditEvent.objects.filter(organization=organization, actor_id=alice.pk)
    assert rows.filter(action="user.signed_in").count() == 2


def test_a_person_of_two_organizations_is_in_both_logs(organization: Organization, alice: User) -> None:
    second = make_organization("Second", alice)
    Client().post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    for one in (organization, second):
        assert AuditEvent.objects.filter(organization=one, action="user.signed_in").count() == 1


def test_recordings(organization: Organization, alice: User, api: Api) -> None:
    client, recording = api(alice), make_recording(organization, name="Interview")
    path = f"/media/{recording.pk}"
    client.patch(path, {"name": "Talk"})
    client.delete(path)
    client.post(f"{path}/restore")
    client.delete(f"{path}?permanent=true")
    assert written(organization) == [
        ("media.changed", ALICE, "Interview"),
        ("media.deleted", ALICE, "Talk"),
        ("media.restored", ALICE, "Talk"),
        ("media.purged", ALICE, "Talk"),
    ]


def test_what_is_refused_is_not_written(organization: Organization, carol: User, api: Api) -> None:
    recording = make_recording(organization)
    assert api(carol).delete(f"/media/{recording.pk}").status_code == 403
    assert written(organization) == []


def test_jobs(organization: Organization, alice: User, api: Api) -> None:
    recording = make_recording(organization, name="Interview")
    client = api(alice)
    job = client.post("/jobs", {"media": str(recording.pk)}).json()["id"]
    client.post(f"/jobs/{job}/cancel")
    client.post(f"/jobs/{job}/retry")
    client.delete(f"/jobs/{job}")
    assert [action for action, _, _ in written(organization)] == [
        "job.submitted",
        "job.canceled",
        "job.retried",
        "job.deleted",
    ]
    event = AuditEvent.objects.get(action="job.deleted")
    assert (event.target_id, event.data["recording"]) == (job, "Interview")


def test_projects_and_keys(organization: Organization, alice: User, api: Api) -> None:
    client, path = api(alice), f"/organizations/{organization.slug}"
    project = client.post(f"{path}/projects", {"name": "Archive"}).json()["id"]
    client.patch(f"{path}/projects/{project}", {"name": "Old"})
    client.delete(f"{path}/projects/{project}")
    key = client.post(f"{path}/api-keys", {"name": "Importer", "requests_per_minute": 5}).json()["id"]
    for _ in range(2):  # revoking twice is one event
        client.delete(f"{path}/api-keys/{key}")
    assert written(organization) == [
        ("project.created", ALICE, "Archive"),
        ("project.changed", ALICE, "Old"),
        ("project.deleted", ALICE, "Old"),
        ("api_key.created", ALICE, "Importer"),
        ("api_key.revoked", ALICE, "Importer"),
    ]
    assert AuditEvent.objects.get(action="project.changed").data == {"name": {"from": "Archive", "to": "Old"}}
    assert AuditEvent.objects.get(action="api_key.created").data["requests_per_minute"] == 5


class TestStaff:
    def test_every_page_of_the_admin_is_watched(self) -> None:
        watched = [model for model in apps.get_models() if admin.site.is_registered(model)]
        assert len(watched) > 15
        for model in watched:
            assert isinstance(admin.site.get_model_admin(model), Audited), model

    def test_adding_changing_and_deleting(self, staff: Client, organization: Organization) -> None:
        staff.post("/admin/media/project/add/", {"organization": organization.pk, "name": "New", "defaults": "{}"})
        project = make_project(organization, name="Old", defaults={})
        path = f"/admin/media/project/{project.pk}"
        staff.post(f"{path}/change/", {"organization": organization.pk, "name": "Newer", "defaults": "{}"})
        staff.post(f"{path}/delete/", {"post": "yes"})
        root = "root@example.com"
        assert written(organization) == [
            ("staff.added", root, "New"),
            ("staff.changed", root, "Newer"),
            ("staff.deleted", root, "Newer"),
        ]
        event = AuditEvent.objects.get(action="staff.changed")
        assert event.actor_type == "staff"
        assert "Name" in event.data["changed"][0]["changed"]["fields"]

    def test_deleting_several_at_once(self, staff: Client, organization: Organization) -> None:
        rows = [make_project(organization, name=name) for name in ("One", "Two", "Three")]
        form = {"action": "delete_selected", "_selected_action": [str(row.pk) for row in rows], "post": "yes"}
        staff.post("/admin/media/project/", form)
        assert {target for _, _, target in written(organization, action="staff.deleted")} == {"One", "Two", "Three"}

    def test_actions(self, staff: Client, organization: Organization) -> None:
        job = make_job(organization)
        staff.post("/admin/transcription/job/", {"action": "cancel", "_selected_action": [str(job.pk)]})
        trashed = make_recording(
            organization, name="T", status=RecordingStatus.DELETED, status_before_delete=RecordingStatus.READY
        )
        staff.post("/admin/media/recording/", {"action": "restore", "_selected_action": [str(trashed.pk)]})
        assert [row[0] for row in written(organization)] == ["staff.changed", "staff.changed"]
        assert Recording.objects.get(pk=trashed.pk).status == RecordingStatus.READY

    def test_what_is_done_to_a_person_is_in_each_of_their_organizations(
        self, staff: Client, organization: Organization, bob: User
    ) -> None:
        second = make_organization("Second", bob)
        staff.post(f"/admin/accounts/user/{bob.pk}/delete/", {"post": "yes"})
        for one in (organization, second):
            assert ("staff.deleted", "root@example.com", "bob@example.com") in written(one)

    def test_the_log_itself_can_only_be_read(self, staff: Client, organization: Organization) -> None:
        event = AuditEvent.objects.first()
        assert event
        assert staff.get("/admin/organizations/auditevent/").status_code == 200
        assert staff.get(f"/admin/organizations/auditevent/{event.pk}/change/").status_code == 200
        assert staff.get("/admin/organizations/auditevent/add/").status_code == 403
        assert staff.post(f"/admin/organizations/auditevent/{event.pk}/delete/", {"post": "yes"}).status_code == 403
