"""News: in the pages and by mail, as each person chose; one's own and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import User
from config.common.clock import now
from media.storage import MediaStorage
from organizations.models import Membership, Notification, Organization
from organizations.notifications import notices
from tests.api_client import ApiClient
from tests.factories import make_job, make_notification, make_recording
from tests.transcription.builders import make_job as make_runnable
from tests.transcription.builders import make_recording as make_sound
from tests.transcription.builders import tone
from transcription import lifecycle, runner
from transcription.lifecycle import StepError
from transcription.models import Job
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
Mails = Callable[[], list[EmailMessage]]
BROKEN = StepError("no_speech", "Nothing was said.", False)


def job_of(user: User, organization: Organization) -> Job:
    return make_job(organization, make_recording(organization, name="مقابلة"), created_by=user)


def test_failed_job_is_told_by_mail_and_in_the_pages(
    api: Api, bob: User, organization: Organization, mails: Mails
) -> None:
    job = job_of(bob, organization)
    lifecycle.fail_job(job.pk, BROKEN)
    (one,) = api(bob).get("/notifications").json()["data"]
    assert one["message"] == "“مقابلة” could not be transcribed."
    assert (one["kind"], one["subject"], one["read"]) == ("job.failed", str(job.pk), False)
    assert one["url"].endswith(f"/o/{organization.slug}/recordings/{job.recording_id}")
    (mail,) = mails()
    assert mail.to == [bob.email]
    assert "Nothing was said." in str(mail.body)


def test_finished_job_leads_to_its_transcript(
    api: Api, bob: User, organization: Organization, mails: Mails, media_storage: MediaStorage
) -> None:
    recording = make_sound(organization, audio=tone(1), duration_ms=1000, name="Call")
    User.objects.filter(pk=bob.pk).update(notices={"job_completed": ["app", "mail"]})
    job = make_runnable(organization, recording=recording, created_by=bob)
    while runner.work("default", worker="test") + runner.work("diarize", worker="test"):
        pass
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED, job.error
    (one,) = api(bob).get("/notifications").json()["data"]
    assert (one["message"], one["kind"]) == ("“Call” is transcribed.", "job.completed")
    assert one["url"].endswith(f"/o/{organization.slug}/transcripts/{job.transcript.pk}")
    (mail,) = mails()
    assert one["url"] in str(mail.body)


def test_each_hears_as_they_chose(api: Api, bob: User, organization: Organization, mails: Mails) -> None:
    User.objects.filter(pk=bob.pk).update(notices={"job_failed": []}, language="ar")
    lifecycle.fail_job(job_of(bob, organization).pk, BROKEN)
    assert mails() == []
    assert not Notification.objects.exists()
    User.objects.filter(pk=bob.pk).update(notices={"job_failed": ["mail"]})
    lifecycle.fail_job(job_of(bob, organization).pk, BROKEN)
    assert len(mails()) == 1
    assert not Notification.objects.exists()


def test_canceled_jobs_and_those_of_programs_are_no_news(bob: User, organization: Organization, mails: Mails) -> None:
    lifecycle.cancel(job_of(bob, organization).pk)
    lifecycle.fail_job(make_job(organization).pk, BROKEN)
    assert not Notification.objects.exists()
    assert mails() == []


def test_former_members_hear_nothing(bob: User, organization: Organization, mails: Mails) -> None:
    job = job_of(bob, organization)
    Membership.objects.filter(user=bob).delete()
    lifecycle.fail_job(job.pk, BROKEN)
    assert not Notification.objects.exists()
    assert mails() == []


def test_news_are_ones_own(
    api: Api, alice: User, bob: User, mallory: User, organization: Organization, other_organization: Organization
) -> None:
    mine = make_notification(organization, bob)
    make_notification(organization, alice)
    assert [one["id"] for one in api(bob).get("/notifications").json()["data"]] == [str(mine.pk)]
    for stranger in (alice, mallory):
        assert api(stranger).patch(f"/notifications/{mine.pk}", {"read": True}).status_code == 404
        api(stranger).patch("/notifications", {"read": True})
    mine.refresh_from_db()
    assert mine.read_at is None
    assert Notification.objects.exclude(pk=mine.pk).get().read_at is not None


def test_reading(api: Api, bob: User, organization: Organization) -> None:
    first, _second = make_notification(organization, bob), make_notification(organization, bob)
    client = api(bob)
    assert client.patch(f"/notifications/{first.pk}", {}).json()["read"] is True
    assert len(client.get("/notifications?unread=true").json()["data"]) == 1
    assert client.patch("/notifications", {}).json() == {"changed": 1}
    assert client.patch(f"/notifications/{first.pk}", {"read": False}).json()["read"] is False
    assert len(client.get("/notifications").json()["data"]) == 2


def test_page_and_bell(client_for: Callable[..., Client], bob: User, organization: Organization) -> None:
    one = make_notification(organization, bob, path=f"/o/{organization.slug}/recordings")
    browser, here = client_for(bob), f"/o/{organization.slug}/notifications"
    page = browser.get(here).content.decode()
    assert "“Meeting” is transcribed." in page
    assert browser.post(f"{here}/{one.pk}")["Location"] == one.path
    one.refresh_from_db()
    assert one.read_at is not None
    assert "Mark all as read" not in browser.get(here).content.decode()


def test_old_news_are_forgotten(bob: User, organization: Organization) -> None:
    old, young = make_notification(organization, bob), make_notification(organization, bob)
    Notification.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=91))
    assert notices.forget_old() == 1
    assert list(Notification.objects.all()) == [young]
