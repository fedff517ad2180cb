"""Rows for tests, each with what it needs to be whole. Every word that a test does not care about has a default."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import User
from config.common import encryption
from config.common.clock import from_now, now
from media.models import Project, Recording, UploadSession
from media.states import RecordingStatus
from organizations.api_keys import digest, generate
from organizations.models import (
    ApiKey,
    Invitation,
    Membership,
    Notification,
    Organization,
    WebhookDelivery,
    WebhookEndpoint,
)
from organizations.models.webhooks import EVERYTHING
from organizations.roles import Role
from organizations.services import invitations, organizations
from organizations.webhooks.signing import new_secret
from transcription import history
from transcription.asr.metrics.words import Folding
from transcription.asr.options import Options
from transcription.asr.serial import words_to_json
from transcription.asr.types import Word
from transcription.editing import operations
from transcription.models import (
    Evaluation,
    Glossary,
    GlossaryEntry,
    Job,
    Operation,
    Segment,
    Speaker,
    Step,
    Transcript,
    VoiceConsent,
    VoiceMatch,
    VoiceProfile,
    VoiceSample,
    VoiceVector,
)
from transcription.models.operations import OperationKind
from transcription.models.transcripts import POSITION_STEP
from transcription.states import JobStatus, StepKind, StepStatus

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def make_user(email: str = "", **fields: Any) -> User:
    user = User.objects.create_user(email or f"person{next(_numbers)}@example.com", PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def make_organization(name: str = "", owner: User | None = None) -> Organization:
    return organizations.create(name=name or f"Team {next(_numbers)}", owner=owner or make_user())


def make_member(organization: Organization, role: Role | str, user: User | None = None) -> User:
    """A person (a new one, or `user`) with `role` in `organization`."""
    user = user or make_user()
    Membership.objects.create(organization=organization, user=user, role=role)
    return user


def make_invitation(organization: Organization, email: str = "", **fields: Any) -> tuple[Invitation, str]:
    """The row and the token of an open invitation; no mail was sent."""
    token = uuid.uuid4().hex * 2
    known = {
        "email": email or f"invited{next(_numbers)}@example.com",
        "role": Role.MEMBER,
        "token_hash": invitations.digest(token),
        "sent_at": now(),
        "expires_at": from_now(days=7),
    }
    return Invitation.objects.create(organization=organization, **{**known, **fields}), token


def make_notification(organization: Organization, user: User, **fields: Any) -> Notification:
    known = {"kind": "job.completed", "data": {"name": "Meeting"}, "subject": uuid.uuid4()}
    return Notification.objects.create(organization=organization, user=user, **{**known, **fields})


def make_api_key(organization: Organization, scopes: list[str] | None = None, **fields: Any) -> tuple[ApiKey, str]:
    """The row and the text of a key."""
    prefix, text = generate()
    known = {"name": "A program", "prefix": prefix, "key_hash": digest(text), "scopes": scopes or []}
    return ApiKey.objects.create(organization=organization, **{**known, **fields}), text


def make_webhook(organization: Organization, **fields: Any) -> WebhookEndpoint:
    """An active endpoint that hears of everything; nobody listens there."""
    known = {"url": "http://127.0.0.1:9/hooks", "events": [EVERYTHING], "secret": encryption.encrypt(new_secret())}
    return WebhookEndpoint.objects.create(organization=organization, **{**known, **fields})


def make_delivery(endpoint: WebhookEndpoint, **fields: Any) -> WebhookDelivery:
    """A message that failed for good."""
    known = {"message_id": f"msg_{uuid.uuid4().hex}", "event": "job.completed", "body": "{}", "status": "failed"}
    return WebhookDelivery.objects.create(organization=endpoint.organization, endpoint=endpoint, **{**known, **fields})


def make_project(organization: Organization, **fields: Any) -> Project:
    return Project.objects.create(organization=organization, **{"name": f"Project {next(_numbers)}", **fields})


def make_recording(organization: Organization, **fields: Any) -> Recording:
    """A ready recording of one minute. Its objects are not in storage."""
    known = {
        "name": "meeting.mp3",
        "filename": "meeting.mp3",
        "content_type": "audio/mpeg",
        "size": 480_000,
        "sha256": uuid.uuid4().hex * 2,
        "status": RecordingStatus.READY,
        "duration_ms": 60_000,
    }
    return Recording.objects.create(organization=organization, **{**known, **fields})


def make_upload(organization: Organization, **fields: Any) -> UploadSession:
    """An open upload in one request, of which the storage has not seen a byte. `fields` are those of its recording."""
    new = {"status": RecordingStatus.UPLOADING, "duration_ms": None, "sha256": ""}
    recording = make_recording(organization, **{**new, **fields})
    return UploadSession.objects.create(
        organization=organization,
        recording=recording,
        strategy=UploadSession.Strategy.SINGLE,
        part_size=recording.size,
        part_count=1,
        declared_size=recording.size,
        expires_at=from_now(hours=1),
    )


def make_job(organization: Organization, recording: Recording | None = None, **fields: Any) -> Job:
    """A queued job without steps."""
    recording = recording or make_recording(organization)
    options = Options(engine="fake", model="fake").to_json()
    known = {"options": options, "engine": "fake", "model": "fake", "audio_ms": recording.duration_ms}
    return Job.objects.create(organization=organization, recording=recording, **{**known, **fields})


def make_step(job: Job, kind: StepKind = StepKind.PREPARE, **fields: Any) -> Step:
    known = {"queue": job.queue, "status": StepStatus.RUNNABLE}
    return Step.objects.create(organization=job.organization, job=job, kind=kind, **{**known, **fields})


def make_transcript(organization: Organization, job: Job | None = None, lines: int = 2, **fields: Any) -> Transcript:
    """A completed job's transcript: one speaker, `lines` lines of two seconds."""
    job = job or make_job(organization, status=JobStatus.COMPLETED, progress=1.0)
    known = {"language": "en", "duration_ms": lines * 2000, "segment_count": lines, "result_key": f"{job.prefix}result"}
    transcript = Transcript.objects.create(
        organization=organization, job=job, recording=job.recording, **{**known, **fields}
    )
    speaker = Speaker.objects.create(organization=organization, transcript=transcript, label="S1")
    Segment.objects.bulk_create(_line(transcript, speaker, index) for index in range(lines))
    return transcript


def make_speaker(transcript: Transcript, label: str = "S9") -> Speaker:
    """Who says nothing."""
    return Speaker.objects.create(organization=transcript.organization, transcript=transcript, label=label)


def make_operation(transcript: Transcript) -> Operation:
    """The first line, edited by nobody who is known."""
    (line,) = history.lines_of(transcript)[:1]
    change = operations.edit(line, text="Line number one.")
    operation = history.apply_change(transcript, None, OperationKind.EDIT, {"segment": line.id}, change).operation
    assert operation is not None
    return operation


def make_evaluation(transcript: Transcript, **fields: Any) -> Evaluation:
    """One wrong word in four."""
    known = {"engine": "fake", "model": "fake", "language": "en", "wer": 0.25, "cer": 0.1, "words": 4}
    known |= {"substitutions": 1, "insertions": 0, "deletions": 0, "folding": Folding().to_json()}
    known |= {"reference": "Line number one here.", "hypothesis": "Line number two here."}
    return Evaluation.objects.create(organization=transcript.organization, transcript=transcript, **{**known, **fields})


def make_glossary(organization: Organization, *entries: tuple[str, str], **fields: Any) -> Glossary:
    """With one term, or with `entries`: (term, what is written for it or nothing)."""
    glossary = Glossary.objects.create(organization=organization, **fields)
    for text, replacement in entries or (("Tadwin", ""),):
        GlossaryEntry.objects.create(organization=organization, glossary=glossary, text=text, replacement=replacement)
    return glossary


def make_voice(speaker: Speaker, *values: float, **fields: Any) -> VoiceVector:
    """The kept voice of a speaker, ten seconds long; the organization's consent is made where it is missing."""
    organization = speaker.organization
    consent, _ = VoiceConsent.objects.get_or_create(organization=organization, defaults={"note": "All signed."})
    known = {"model": "voices/1", "vector": list(values or (1.0, 0.0)), "speech_ms": 10_000, "label": speaker.label}
    return VoiceVector.objects.create(
        organization=organization, consent=consent, job=speaker.transcript.job, speaker=speaker, **{**known, **fields}
    )


def make_profile(organization: Organization, *values: float, name: str = "Layla") -> VoiceProfile:
    """With one sample, of no recording that is still there."""
    consent, _ = VoiceConsent.objects.get_or_create(organization=organization, defaults={"note": "All signed."})
    profile = VoiceProfile.objects.create(organization=organization, consent=consent, name=name)
    VoiceSample.objects.create(
        organization=organization,
        profile=profile,
        model="voices/1",
        vector=list(values or (1.0, 0.0)),
        speech_ms=10_000,
    )
    return profile


def make_match(profile: VoiceProfile, speaker: Speaker, **fields: Any) -> VoiceMatch:
    """An open suggestion."""
    known = {"score": 0.91, "state": "suggested"}
    return VoiceMatch.objects.create(
        organization=profile.organization, profile=profile, speaker=speaker, **{**known, **fields}
    )


def _line(transcript: Transcript, speaker: Speaker, index: int) -> Segment:
    start = index * 2000
    text = f"Line number {index + 1}."
    word = Word(text, start, start + 1800, 0.9, speaker.label)
    return Segment.folded(
        text=text,
        organization=transcript.organization,
        transcript=transcript,
        speaker=speaker,
        position=(index + 1) * POSITION_STEP,
        start_ms=start,
        end_ms=start + 1800,
        language="en",
        confidence=0.9,
        words=words_to_json([word]),
    )
