"""Recordings, uploads and projects as the public API shows them: `media`, seconds as floats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from config.common.clock import iso, seconds
from media.models import Project, Recording, Tag, UploadSession
from media.reasons import QUALITY_WARNINGS
from media.services import uploads
from media.states import RecordingStatus
from organizations.tenancy import OrganizationQuerySet

Json = dict[str, Any]

SHOWN = (
    "id",
    "status",
    "reason",
    "reason_detail",
    "name",
    "description",
    "project_id",
    "uploaded_by_id",
    "filename",
    "content_type",
    "size",
    "sha256",
    "duplicate_of_id",
    "duration_ms",
    "has_playback_copy",
    "has_waveform",
    "created_at",
    "updated_at",
    "deleted_at",
    "audio_purged_at",
    "upload__id",
    "url_import__id",
    "url_import__host",
    "url_import__received",
    "url_import__expected",
    "tag_names",
    "duration",
)
CLOSED = (UploadSession.Status.COMPLETED, UploadSession.Status.ABORTED)


def media_rows(recordings: QuerySet[Recording], *extra: str) -> QuerySet[Recording, Json]:
    """Plain rows for `media_json`, tags included, in one query."""
    names = Tag.objects.filter(recordings=OuterRef("pk")).order_by("name").values("name")
    # A cursor cannot stand on a null.
    known = recordings.annotate(tag_names=ArraySubquery(names), duration=Coalesce("duration_ms", 0))
    return known.values(*SHOWN, *extra)


def media_json(row: Mapping[str, Any]) -> Json:
    return {
        "id": str(row["id"]),
        "status": row["status"],
        "reason": row["reason"] or None,
        # The stored sentence is the English one, which is the key of its translations.
        "reason_detail": gettext(row["reason_detail"]) if row["reason_detail"] else None,
        "name": row["name"],
        "description": row["description"],
        "project": _id(row["project_id"]),
        "tags": row["tag_names"],
        "uploaded_by": _id(row["uploaded_by_id"]),
        "import": _import_json(row) if row["url_import__id"] else None,
        "upload": _id(row["upload__id"]) if row["status"] == RecordingStatus.UPLOADING else None,
        "filename": row["filename"],
        "content_type": row["content_type"],
        "size": row["size"],
        "sha256": row["sha256"] or None,
        "duplicate_of": _id(row["duplicate_of_id"]),
        "duration": seconds(row["duration_ms"]),
        "has_playback_copy": row["has_playback_copy"],
        "has_waveform": row["has_waveform"],
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "deleted_at": iso(row["deleted_at"]),
        "audio_purged_at": iso(row["audio_purged_at"]),
    }


def _import_json(row: Mapping[str, Any]) -> Json:
    return {
        "host": row["url_import__host"],
        "received": row["url_import__received"],
        "size": row["url_import__expected"],
    }


def media_detail(recording: Recording) -> Json:
    """Read anew: with `metadata`, empty until the file was examined."""
    row = media_rows(Recording.objects.filter(pk=recording.pk), "metadata").get()
    return {**media_json(row), "metadata": _metadata(row["metadata"])}


def _metadata(stored: Json) -> Json:
    quality = stored.get("quality")
    if not quality:
        return stored
    warnings = [{"type": kind, "message": gettext(QUALITY_WARNINGS[kind])} for kind in quality["warnings"]]
    return {**stored, "quality": {**quality, "warnings": warnings}}


def upload_json(session: UploadSession, *, parts: list[int] | None, base_url: str) -> Json:
    """What arrived, and fresh addresses: of `parts`, else of all parts that are missing."""
    state = {
        "id": str(session.pk),
        "strategy": session.strategy,
        "status": session.status,
        "size": session.declared_size,
        "part_count": session.part_count,
        "open_until": iso(session.expires_at),
    }
    if session.status in CLOSED:
        return {**state, "received": []}
    arrived = uploads.received(session)
    numbers = {part["number"] for part in arrived}
    missing = [number for number in range(1, session.part_count + 1) if number not in numbers]
    wanted = missing if parts is None else parts
    return {**state, **uploads.instructions(session, parts=wanted, base_url=base_url), "received": arrived}


def project_rows(projects: OrganizationQuerySet) -> OrganizationQuerySet:
    kept = Count("recordings", filter=~Q(recordings__status=RecordingStatus.DELETED))
    counted: OrganizationQuerySet = projects.annotate(media_count=kept)
    return counted


def project_json(project: Project) -> Json:
    return {
        "id": str(project.pk),
        "name": project.name,
        "defaults": project.defaults,
        "audio_retention_days": project.audio_retention_days,
        "transcript_retention_days": project.transcript_retention_days,
        "media_count": getattr(project, "media_count", 0),
        "created_at": iso(project.created_at),
        "updated_at": iso(project.updated_at),
    }


def _id(value: object) -> str | None:
    return None if value is None else str(value)
