"""What staff do with jobs in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.models import Organization
from tests.transcription.builders import make_job
from transcription import dispatch, lifecycle
from transcription.models import Job

pytestmark = pytest.mark.django_db


def act(client: Client, action: str, *jobs: Job) -> str:
    form: dict[str, Any] = {"action": action, "_selected_action": [str(job.pk) for job in jobs]}
    return client.post("/admin/transcription/job/", form, follow=True).content.decode()


def test_only_what_was_changed_is_counted_and_written_down(organization: Organization, admin_client: Client) -> None:
    ended, active = make_job(organization), make_job(organization)
    lifecycle.cancel(ended.pk)
    assert "1 job changed." in act(admin_client, "cancel", ended, active)
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(active.pk)]


def test_steps_are_taken_from_their_workers(organization: Organization, admin_client: Client) -> None:
    idle, busy = make_job(organization), make_job(organization)
    lease = dispatch.claim("default", worker="one", job_id=busy.pk)
    assert lease is not None
    assert "1 job changed." in act(admin_client, "requeue", idle, busy)
    assert not lifecycle.renew(lease)


def test_a_job_that_is_not_over_is_not_tried_again(organization: Organization, admin_client: Client) -> None:
    ended, active = make_job(organization), make_job(organization)
    lifecycle.cancel(ended.pk)
    page = act(admin_client, "retry", ended, active)
    assert "1 job changed." in page
    assert "Only a failed or canceled job can be tried again." in page
