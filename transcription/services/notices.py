"""Telling people how their jobs ended: in the pages and by mail, as each of them chose."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.notices import Channel, Notice, wants
from organizations.models import Membership
from organizations.notifications import mail, notices
from transcription.models import Job, Transcript
from transcription.states import JobStatus

KINDS = {JobStatus.COMPLETED: Notice.JOB_COMPLETED, JobStatus.FAILED: Notice.JOB_FAILED}
WORDS = {
    "job.completed": _("“%(name)s” is transcribed."),
    "job.failed": _("“%(name)s” could not be transcribed."),
    "comment.mentioned": _("%(person)s mentioned you in a comment on “%(name)s”."),
    "comment.answered": _("%(person)s answered your comment on “%(name)s”."),
}


def register() -> None:
    for kind, words in WORDS.items():
        notices.register(kind, words)


def tell_job_ended(job: Job) -> None:
    """In the transaction that ends the job. Jobs of programs, and canceled ones, are nobody's news."""
    notice = KINDS.get(JobStatus(job.status))
    person = job.created_by
    if notice is None or person is None or not person.is_active or not _is_member(job):
        return
    path = _path(job)
    if wants(person, notice, Channel.APP):
        notices.tell(
            user=person,
            organization=job.organization,
            kind=f"job.{job.status}",
            data={"name": job.recording.name},
            subject=job.pk,
            path=path,
        )
    if wants(person, notice, Channel.MAIL):
        mail.send(notice.value, person, _context(job, path))


def _is_member(job: Job) -> bool:
    return Membership.objects.filter(organization_id=job.organization_id, user=job.created_by_id).exists()


def _path(job: Job) -> str:
    """The transcript where there is one, else the recording."""
    slug = job.organization.slug
    transcript = Transcript.objects.filter(job=job).values_list("pk", flat=True).first()
    if transcript is not None:
        return reverse("transcript", kwargs={"slug": slug, "transcript_id": transcript})
    return reverse("recording", kwargs={"slug": slug, "recording_id": job.recording_id})


def _context(job: Job, path: str) -> dict[str, Any]:
    return {
        "organization": job.organization,
        "recording": job.recording,
        "reason": (job.error or {}).get("message", ""),
        "link": settings.PUBLIC_URL + path,
        "preferences": settings.PUBLIC_URL + reverse("preferences"),
    }
