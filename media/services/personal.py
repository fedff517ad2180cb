"""A person's part of the recordings, for the export of their data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.export import Part, list_part
from accounts.models import User
from config.common.clock import iso, seconds
from media.models import Recording
from organizations.services.personal import open_organizations

BATCH = 500


def parts(user: User) -> Iterator[Part]:
    """What they uploaded, in the organizations that they still may enter. The files are there to be downloaded."""
    mine = Recording.objects.filter(uploaded_by=user, organization__in=open_organizations(user))
    rows = mine.order_by("created_at", "id").prefetch_related("tags").iterator(BATCH)
    yield list_part("recordings.json", map(_recording, rows))


def _recording(one: Recording) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "organization": str(one.organization_id),
        "name": one.name,
        "description": one.description,
        "filename": one.filename,
        "size": one.size,
        "sha256": one.sha256,
        "duration": seconds(one.duration_ms),
        "status": one.status,
        "tags": sorted(tag.name for tag in one.tags.all()),
        "created_at": iso(one.created_at),
    }
