"""Who may do what on every route of /api/v1. A new route needs its rows here, or tests/test_access_matrix.py fails.

The table is written by hand on purpose and never read from `organizations.roles`: it is the second opinion.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from accounts import sessions
from accounts.models import User
from media.models import Project, Recording, UploadSession
from organizations.models import ApiKey, Membership, Notification, Organization, WebhookEndpoint
from organizations.roles import Role
from tests.access_editing import EDITING
from tests.access_knowledge import KNOWLEDGE
from tests.access_rows import (
    ACCEPTED,
    ADMIN,
    ANY,
    CONFLICT,
    CREATED,
    GONE,
    MEMBER,
    MOVED,
    OWNER,
    VIEWER,
    Row,
    person,
    public,
    tenant,
)
from tests.factories import (
    PASSWORD,
    make_api_key,
    make_delivery,
    make_evaluation,
    make_glossary,
    make_invitation,
    make_job,
    make_match,
    make_member,
    make_notification,
    make_operation,
    make_profile,
    make_project,
    make_recording,
    make_transcript,
    make_upload,
    make_webhook,
)
from transcription.models import Comment, Glossary, Highlight, Job, Segment, Transcript, TranscriptShare
from transcription.states import JobStatus


@dataclass
class World:
    """Objects of one organization, made when a route names them; those that people own are the caller's own."""

    organization: Organization
    user: User | None = None
    api_key: ApiKey | None = None

    @cached_property
    def recording(self) -> Recording:
        return make_recording(self.organization, uploaded_by=self.user, uploaded_with=self.api_key, has_waveform=True)

    @cached_property
    def upload(self) -> UploadSession:
        return make_upload(self.organization, uploaded_by=self.user, uploaded_with=self.api_key)

    @cached_property
    def project(self) -> Project:
        return make_project(self.organization)

    @cached_property
    def job(self) -> Job:
        return make_job(self.organization, self.recording)

    @cached_property
    def transcript(self) -> Transcript:
        job = make_job(self.organization, self.recording, status=JobStatus.COMPLETED, progress=1.0)
        return make_transcript(self.organization, job)

    @cached_property
    def line(self) -> Segment:
        line: Segment = self.transcript.segments.earliest("position")
        return line

    @cached_property
    def share(self) -> TranscriptShare:
        return TranscriptShare.objects.create(
            organization=self.organization, transcript=self.transcript, token_hash=uuid.uuid4().hex
        )

    @cached_property
    def comment(self) -> Comment:
        own = {"author": self.user, "author_key": self.api_key, "transcript": self.transcript}
        return Comment.objects.create(organization=self.organization, at_ms=0, text="Is it so?", **own)

    @cached_property
    def highlight(self) -> Highlight:
        own = {"author": self.user, "author_key": self.api_key, "transcript": self.transcript}
        return Highlight.objects.create(organization=self.organization, start_ms=0, end_ms=900, **own)

    @cached_property
    def glossary(self) -> Glossary:
        return make_glossary(self.organization)

    @cached_property
    def key(self) -> ApiKey:
        return make_api_key(self.organization)[0]

    @cached_property
    def membership(self) -> Membership:
        """Of somebody else, who owns nothing."""
        user = make_member(self.organization, Role.MEMBER)
        return Membership.objects.get(organization=self.organization, user=user)

    @cached_property
    def notification(self) -> Notification:
        return make_notification(self.organization, self.user or make_member(self.organization, Role.MEMBER))

    @cached_property
    def webhook(self) -> WebhookEndpoint:
        return make_webhook(self.organization)


# What stands in the address for each name of a route's parts.


def _session_id(world: World) -> uuid.UUID:
    """One of the caller's own sessions; those of others are never named."""
    mine = sessions.open_sessions(world.user) if world.user else []
    return sessions.public_id(mine[0]) if mine else uuid.uuid4()


OBJECTS: dict[str, Callable[[World], Any]] = {
    "slug": lambda world: world.organization.slug,
    "format": lambda _: "txt",
    "session_id": _session_id,
    "passkey_id": lambda _: uuid.uuid4(),
    "key_id": lambda world: world.key.pk,
    "project_id": lambda world: world.project.pk,
    "member_id": lambda world: world.membership.pk,
    "invitation_id": lambda world: make_invitation(world.organization)[0].pk,
    "notification_id": lambda world: world.notification.pk,
    "webhook_id": lambda world: world.webhook.pk,
    "delivery_id": lambda world: make_delivery(world.webhook).pk,
    "recording_id": lambda world: world.recording.pk,
    "upload_id": lambda world: world.upload.pk,
    "job_id": lambda world: world.job.pk,
    "transcript_id": lambda world: world.transcript.pk,
    "share_id": lambda world: world.share.pk,
    "comment_id": lambda world: world.comment.pk,
    "uuid": lambda world: uuid.uuid4(),  # of an endpoint that Stripe calls; there is none without a key
    "highlight_id": lambda world: world.highlight.pk,
    "evaluation_id": lambda world: make_evaluation(world.transcript).pk,
    "glossary_id": lambda world: world.glossary.pk,
    "entry_id": lambda world: world.glossary.entries.get().pk,
    "code": lambda _: "iraqi",
    "profile_id": lambda world: make_profile(world.organization).pk,
    "match_id": lambda world: make_match(make_profile(world.organization), world.transcript.speakers.get()).pk,
    "segment_id": lambda world: world.line.pk,
    "speaker_id": lambda world: world.transcript.speakers.earliest("created_at").pk,
    "number": lambda world: make_operation(world.transcript).number,
}

ACCOUNTS = {
    ("POST", "auth/register"): public(422),
    ("POST", "auth/login"): public(401, body=lambda _: {"email": "ghost@example.com", "password": PASSWORD}),
    ("POST", "auth/refresh"): public(401, body=lambda _: {"refresh": "nonsense"}),
    ("POST", "auth/logout"): person(204),
    ("POST", "auth/mfa"): public(401, body=lambda _: {"mfa_token": "nonsense", "method": "totp", "code": "123456"}),
    ("POST", "auth/mfa/passkey"): public(401, body=lambda _: {"mfa_token": "nonsense"}),
    ("GET", "auth/passkeys"): person(),
    ("DELETE", "auth/passkeys/<uuid:passkey_id>"): person(404),
    ("POST", "auth/forgot-password"): public(ACCEPTED, body=lambda _: {"email": "ghost@example.com"}),
    ("POST", "auth/reset-password"): public(422, body=lambda _: {"token": "nonsense", "password": PASSWORD}),
    ("POST", "auth/verify-email"): public(422, body=lambda _: {"key": "nonsense"}),
    ("POST", "auth/resend-verification"): public(ACCEPTED, body=lambda _: {"email": "ghost@example.com"}),
    ("POST", "auth/change-password"): person(body=lambda _: {"password": PASSWORD, "new_password": f"{PASSWORD} 2"}),
    ("POST", "auth/change-email"): person(ACCEPTED, body=lambda _: {"email": "new@example.com", "password": PASSWORD}),
    ("GET", "auth/sessions"): person(),
    ("DELETE", "auth/sessions"): person(GONE),
    ("DELETE", "auth/sessions/<uuid:session_id>"): person(GONE),
    ("GET", "auth/me/export"): person(),
    ("DELETE", "auth/me"): person(GONE, body=lambda _: {"password": PASSWORD}),
    ("GET", "auth/me"): person(),
    ("PATCH", "auth/me"): person(body=lambda _: {"theme": "dark"}),
}

ORGANIZATIONS = {
    ("GET", "organizations"): person(),
    ("POST", "organizations"): person(CREATED, body=lambda _: {"name": "Another"}),
    ("GET", "organizations/<slug:slug>"): tenant(VIEWER, ANY),
    ("GET", "organizations/<slug:slug>/members"): tenant(VIEWER, None),
    ("PATCH", "organizations/<slug:slug>"): tenant(ADMIN, None, body=lambda _: {"name": "Renamed"}),
    ("DELETE", "organizations/<slug:slug>"): tenant(OWNER, None, ACCEPTED),
    # It is not deleted.
    ("POST", "organizations/<slug:slug>/restore"): tenant(OWNER, None, CONFLICT),
    ("GET", "organizations/<slug:slug>/settings"): tenant(ADMIN, None),
    ("PATCH", "organizations/<slug:slug>/settings"): tenant(ADMIN, None, body=lambda _: {"audio_retention_days": 30}),
    ("PATCH", "organizations/<slug:slug>/members/<uuid:member_id>"): tenant(
        ADMIN, None, body=lambda _: {"role": "viewer"}
    ),
    ("DELETE", "organizations/<slug:slug>/members/<uuid:member_id>"): tenant(ADMIN, None, GONE),
    ("POST", "organizations/<slug:slug>/members/leave"): tenant(VIEWER, None, GONE),
    ("POST", "organizations/<slug:slug>/transfer-ownership"): tenant(
        OWNER, None, body=lambda world: {"member": str(world.membership.pk)}
    ),
    ("GET", "organizations/<slug:slug>/invitations"): tenant(ADMIN, None),
    ("POST", "organizations/<slug:slug>/invitations"): tenant(
        ADMIN, None, CREATED, body=lambda _: {"email": "new@example.com"}
    ),
    ("DELETE", "organizations/<slug:slug>/invitations/<uuid:invitation_id>"): tenant(ADMIN, None, GONE),
    ("POST", "organizations/<slug:slug>/invitations/<uuid:invitation_id>/resend"): tenant(ADMIN, None),
    ("POST", "invitations/accept"): person(404, body=lambda _: {"token": "nonsense"}),
    ("POST", "invitations/register"): public(404, body=lambda _: {"token": "nonsense", "password": PASSWORD}),
    ("GET", "notifications"): tenant(VIEWER, None),
    ("PATCH", "notifications"): tenant(VIEWER, None),
    ("PATCH", "notifications/<uuid:notification_id>"): tenant(VIEWER, None),
    ("GET", "organizations/<slug:slug>/api-keys"): tenant(ADMIN, None),
    ("POST", "organizations/<slug:slug>/api-keys"): tenant(ADMIN, None, CREATED, body=lambda _: {"name": "A program"}),
    ("DELETE", "organizations/<slug:slug>/api-keys/<uuid:key_id>"): tenant(ADMIN, None, GONE),
    ("GET", "organizations/<slug:slug>/audit-log"): tenant(ADMIN, None),
    ("POST", "tickets"): tenant(VIEWER, ANY, CREATED),
}

NEW_UPLOAD = {"filename": "a.mp3", "size": 1000, "content_type": "audio/mpeg"}
MEDIA = {
    ("GET", "media"): tenant(VIEWER, "media:read"),
    ("GET", "limits"): tenant(VIEWER, "media:read"),
    ("GET", "tags"): tenant(VIEWER, "media:read"),
    ("POST", "media/uploads"): tenant(MEMBER, "media:write", CREATED, body=lambda _: NEW_UPLOAD),
    ("GET", "media/uploads/<uuid:upload_id>"): tenant(MEMBER, "media:write"),
    # Nothing was sent to the storage, so completing it is refused for that.
    ("POST", "media/uploads/<uuid:upload_id>/complete"): tenant(MEMBER, "media:write", CONFLICT, 422),
    ("POST", "media/uploads/<uuid:upload_id>/abort"): tenant(MEMBER, "media:write", GONE),
    # Importing is off unless an operator turns it on.
    ("POST", "media/import"): tenant(MEMBER, "media:write", 422, body=lambda _: {"url": "http://127.0.0.1:9/a.mp3"}),
    ("GET", "media/<uuid:recording_id>"): tenant(VIEWER, "media:read"),
    ("PATCH", "media/<uuid:recording_id>"): tenant(MEMBER, "media:write", body=lambda _: {"name": "New"}),
    ("DELETE", "media/<uuid:recording_id>"): tenant(MEMBER, "media:write", GONE),
    ("POST", "media/<uuid:recording_id>/restore"): tenant(MEMBER, "media:write", 200, CONFLICT),
    ("GET", "media/<uuid:recording_id>/download"): tenant(VIEWER, "media:read", MOVED),
    ("GET", "media/<uuid:recording_id>/playback"): tenant(VIEWER, "media:read", MOVED),
    ("GET", "media/<uuid:recording_id>/waveform"): tenant(VIEWER, "media:read", MOVED),
    ("GET", "organizations/<slug:slug>/projects"): tenant(VIEWER, "media:read"),
    ("POST", "organizations/<slug:slug>/projects"): tenant(ADMIN, None, CREATED, body=lambda _: {"name": "Archive"}),
    ("GET", "organizations/<slug:slug>/projects/<uuid:project_id>"): tenant(VIEWER, "media:read"),
    ("PATCH", "organizations/<slug:slug>/projects/<uuid:project_id>"): tenant(
        ADMIN, None, body=lambda _: {"name": "Archive"}
    ),
    ("DELETE", "organizations/<slug:slug>/projects/<uuid:project_id>"): tenant(ADMIN, None, GONE),
}

TRANSCRIPTION = {
    ("GET", "jobs"): tenant(VIEWER, "jobs:read"),
    ("POST", "jobs"): tenant(
        MEMBER, "jobs:write", ACCEPTED, body=lambda world: {"media": str(world.recording.pk)}, stranger=422
    ),
    ("GET", "jobs/<uuid:job_id>"): tenant(VIEWER, "jobs:read"),
    ("DELETE", "jobs/<uuid:job_id>"): tenant(MEMBER, "jobs:write", GONE),
    ("POST", "jobs/<uuid:job_id>/cancel"): tenant(MEMBER, "jobs:write"),
    ("POST", "jobs/<uuid:job_id>/retry"): tenant(MEMBER, "jobs:write", CONFLICT),
    ("POST", "jobs/<uuid:job_id>/rediarize"): tenant(MEMBER, "jobs:write", CONFLICT),
    ("GET", "jobs/<uuid:job_id>/steps"): tenant(VIEWER, "jobs:read"),
    ("GET", "jobs/<uuid:job_id>/events"): tenant(VIEWER, "jobs:read", 307),
    # The job of the table is not finished.
    ("GET", "jobs/<uuid:job_id>/download"): tenant(VIEWER, "transcripts:read", CONFLICT),
    ("GET", "transcripts/<uuid:transcript_id>"): tenant(VIEWER, "transcripts:read"),
    ("GET", "transcripts/<uuid:transcript_id>/segments"): tenant(VIEWER, "transcripts:read"),
    ("GET", "transcripts/<uuid:transcript_id>/segments/<uuid:segment_id>"): tenant(VIEWER, "transcripts:read"),
    ("GET", "transcripts/<uuid:transcript_id>/find"): tenant(VIEWER, "transcripts:read", 422),
    ("GET", "transcripts/<uuid:transcript_id>/export"): tenant(VIEWER, "transcripts:read"),
    ("GET", "transcripts/<uuid:transcript_id>/shares"): tenant(VIEWER, "transcripts:read"),
    ("POST", "transcripts/<uuid:transcript_id>/shares"): tenant(MEMBER, "transcripts:write", CREATED),
    ("DELETE", "transcripts/<uuid:transcript_id>/shares/<uuid:share_id>"): tenant(MEMBER, "transcripts:write", GONE),
    ("GET", "transcripts/<uuid:transcript_id>/subtitles"): tenant(VIEWER, "transcripts:read"),
    ("GET", "transcripts/<uuid:transcript_id>/comments"): tenant(VIEWER, "transcripts:read"),
    ("POST", "transcripts/<uuid:transcript_id>/comments"): tenant(
        MEMBER, "transcripts:write", CREATED, body=lambda _: {"text": "Is it so?", "at": 0.5}
    ),
    ("PATCH", "transcripts/<uuid:transcript_id>/comments/<uuid:comment_id>"): tenant(
        MEMBER, "transcripts:write", body=lambda _: {"text": "It is so."}
    ),
    ("DELETE", "transcripts/<uuid:transcript_id>/comments/<uuid:comment_id>"): tenant(
        MEMBER, "transcripts:write", GONE
    ),
    ("POST", "transcripts/<uuid:transcript_id>/comments/<uuid:comment_id>/resolve"): tenant(
        MEMBER, "transcripts:write"
    ),
    ("POST", "transcripts/<uuid:transcript_id>/comments/<uuid:comment_id>/reopen"): tenant(MEMBER, "transcripts:write"),
    ("GET", "transcripts/<uuid:transcript_id>/highlights"): tenant(VIEWER, "transcripts:read"),
    ("POST", "transcripts/<uuid:transcript_id>/highlights"): tenant(
        MEMBER, "transcripts:write", CREATED, body=lambda _: {"start": 0, "end": 1.5}
    ),
    ("DELETE", "transcripts/<uuid:transcript_id>/highlights/<uuid:highlight_id>"): tenant(
        MEMBER, "transcripts:write", GONE
    ),
    ("GET", "transcripts/<uuid:transcript_id>/status"): tenant(VIEWER, "transcripts:read"),
    ("PUT", "transcripts/<uuid:transcript_id>/status"): tenant(
        MEMBER, "transcripts:write", body=lambda _: {"status": "final"}
    ),
    ("POST", "transcripts/export"): tenant(
        VIEWER, "transcripts:read", body=lambda world: {"transcripts": [str(world.transcript.pk)]}, stranger=422
    ),
    # Nothing is asked for.
    ("GET", "search"): tenant(VIEWER, "transcripts:read", 422),
    ("GET", "engines"): tenant(VIEWER, "jobs:read"),
    ("GET", "evaluations"): tenant(VIEWER, "transcripts:read"),
    ("POST", "evaluations"): tenant(
        MEMBER,
        "transcripts:write",
        CREATED,
        body=lambda world: {"transcript": str(world.transcript.pk), "reference": "Line number one."},
        stranger=422,
    ),
    ("GET", "evaluations/<uuid:evaluation_id>"): tenant(VIEWER, "transcripts:read"),
    ("DELETE", "evaluations/<uuid:evaluation_id>"): tenant(MEMBER, "transcripts:write", GONE),
    ("GET", "models"): tenant(VIEWER, "jobs:read"),
    ("GET", "dialects"): tenant(VIEWER, "jobs:read"),
    ("GET", "usage"): tenant(VIEWER, "usage:read"),
    ("GET", "usage/export"): tenant(VIEWER, "usage:read"),
    ("GET", "test/arabic/dialects"): tenant(VIEWER, "jobs:read"),
    ("POST", "test/transcription/simulate"): tenant(MEMBER, "jobs:write", body=lambda _: {"text": "Good morning."}),
}

WEBHOOKS = {
    ("GET", "webhooks"): tenant(ADMIN, "webhooks:read"),
    ("POST", "webhooks"): tenant(ADMIN, "webhooks:write", CREATED, body=lambda _: {"url": "http://127.0.0.1:9/"}),
    ("GET", "webhooks/<uuid:webhook_id>"): tenant(ADMIN, "webhooks:read"),
    ("PATCH", "webhooks/<uuid:webhook_id>"): tenant(ADMIN, "webhooks:write", body=lambda _: {"description": "New"}),
    ("DELETE", "webhooks/<uuid:webhook_id>"): tenant(ADMIN, "webhooks:write", GONE),
    ("POST", "webhooks/<uuid:webhook_id>/test"): tenant(ADMIN, "webhooks:write", ACCEPTED),
    ("POST", "webhooks/<uuid:webhook_id>/rotate-secret"): tenant(ADMIN, "webhooks:write"),
    ("GET", "webhooks/<uuid:webhook_id>/deliveries"): tenant(ADMIN, "webhooks:read"),
    ("POST", "webhooks/deliveries/<uuid:delivery_id>/replay"): tenant(ADMIN, "webhooks:write", ACCEPTED),
}

# Without a key of Stripe there is no money, not even for owners.
BILLING = {
    ("GET", "billing/plans"): tenant(OWNER, None, 404),
    ("GET", "billing/subscription"): tenant(OWNER, None, 404),
    ("PATCH", "billing/subscription"): tenant(OWNER, None, 404),
    ("POST", "billing/subscription/preview"): tenant(OWNER, None, 404),
    ("POST", "billing/checkout"): tenant(OWNER, None, 404),
    ("POST", "billing/portal"): tenant(OWNER, None, 404),
    ("GET", "billing/invoices"): tenant(OWNER, None, 404),
}

TABLE: dict[tuple[str, str], Row] = {
    ("GET", ""): public(200),
    **ACCOUNTS,
    **ORGANIZATIONS,
    **MEDIA,
    **TRANSCRIPTION,
    **EDITING,
    **KNOWLEDGE,
    **WEBHOOKS,
    **BILLING,
}
