"""Who may do what on every route of /api/v1. A new route needs its rows here, or tests/test_access_matrix.py fails.

The table is written by hand on purpose and never read from `organizations.roles`: it is the second opinion.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from accounts import sessions
from accounts.models import User
from media.models import Project, Recording, UploadSession
from organizations.models import ApiKey, Membership, Notification, Organization, WebhookEndpoint
from organizations.roles import Role
from tests.factories import (
    PASSWORD,
    make_api_key,
    make_delivery,
    make_evaluation,
    make_invitation,
    make_job,
    make_member,
    make_notification,
    make_project,
    make_recording,
    make_transcript,
    make_upload,
    make_webhook,
)
from transcription.models import Job, Transcript, TranscriptShare
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
    def share(self) -> TranscriptShare:
        return TranscriptShare.objects.create(
            organization=self.organization, transcript=self.transcript, token_hash=uuid.uuid4().hex
        )

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
    "evaluation_id": lambda world: make_evaluation(world.transcript).pk,
    "segment_id": lambda world: world.transcript.segments.earliest("position").pk,
}

Body = Callable[[World], Any]


def _empty(_world: World) -> Any:
    return {}


@dataclass(frozen=True)
class Row:
    """`role`: the least that may. `scope`: what a key needs; None: no key ever, ANY: every key.

    `ok`: what those who may get. `stranger`: what a person of another organization gets for an object of this one that
    the body names (objects in the address are always 404).
    """

    ok: tuple[int, ...] = (200,)
    role: Role | None = None
    scope: str | None = None
    body: Body = field(default=_empty)
    stranger: int | None = None
    public: bool = False

    @property
    def is_personal(self) -> bool:
        """For every signed-in person, whatever their organizations."""
        return self.role is None and not self.public

    def is_open_to_key(self, scope: str) -> bool:
        """A key without scopes (an empty `scope`) may do what a member may; more only where a scope says so."""
        if scope:
            return self.scope in (ANY, scope)
        return self.scope is not None and self.role in (Role.VIEWER, Role.MEMBER)


ANY = "any"
VIEWER, MEMBER, ADMIN, OWNER = Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER
CREATED, ACCEPTED, GONE, MOVED, CONFLICT = 201, 202, 204, 302, 409


def public(*ok: int, body: Body = _empty) -> Row:
    return Row(ok=ok, body=body, public=True)


def person(*ok: int, body: Body = _empty) -> Row:
    return Row(ok=ok or (200,), body=body)


def tenant(role: Role, scope: str | None, *ok: int, body: Body = _empty, stranger: int | None = None) -> Row:
    return Row(ok=ok or (200,), role=role, scope=scope, body=body, stranger=stranger)


ACCOUNTS = {
    ("POST", "auth/register"): public(422),
    ("POST", "auth/login"): public(401, body=lambda _: {"email": "ghost@example.com", "password": PASSWORD}),
    ("POST", "auth/refresh"): public(401, body=lambda _: {"refresh": "nonsense"}),
    ("POST", "auth/logout"): person(204),
    ("POST", "auth/mfa"): public(401, body=lambda _: {"mfa_token": "nonsense", "method": "totp", "code": "123456"}),
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
    ("GET", "jobs/<uuid:job_id>/steps"): tenant(VIEWER, "jobs:read"),
    ("GET", "jobs/<uuid:job_id>/events"): tenant(VIEWER, "jobs:read", 307),
    # The job of the table is not finished.
    ("GET", "jobs/<uuid:job_id>/download"): tenant(VIEWER, "transcripts:read", CONFLICT),
    ("GET", "transcripts/<uuid:transcript_id>"): tenant(VIEWER, "transcripts:read"),
    ("GET", "transcripts/<uuid:transcript_id>/segments"): tenant(VIEWER, "transcripts:read"),
    ("GET", "transcripts/<uuid:transcript_id>/export"): tenant(VIEWER, "transcripts:read"),
    ("GET", "transcripts/<uuid:transcript_id>/shares"): tenant(VIEWER, "transcripts:read"),
    ("POST", "transcripts/<uuid:transcript_id>/shares"): tenant(MEMBER, "transcripts:write", CREATED),
    ("DELETE", "transcripts/<uuid:transcript_id>/shares/<uuid:share_id>"): tenant(MEMBER, "transcripts:write", GONE),
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

TABLE: dict[tuple[str, str], Row] = {
    ("GET", ""): public(200),
    **ACCOUNTS,
    **ORGANIZATIONS,
    **MEDIA,
    **TRANSCRIPTION,
    **WEBHOOKS,
}
