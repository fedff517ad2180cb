"""The filters of the recordings list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from media.models import Recording
from media.states import RecordingStatus

MILLISECONDS = 1000


def _words(text: str) -> Q:
    """Every word, anywhere in what people wrote."""
    found = Q()
    for word in text.split():
        found &= Q(name__icontains=word) | Q(filename__icontains=word) | Q(description__icontains=word)
    return found


FILTERS: dict[str, Callable[[Any], Q]] = {
    "status": lambda status: Q(status=status),
    "project": lambda project: Q(project_id=project),
    "tag": lambda name: Q(tags__name__iexact=name),
    "q": _words,
    "uploaded_by": lambda user: Q(uploaded_by_id=user),
    "created_after": lambda moment: Q(created_at__gte=moment),
    "created_before": lambda moment: Q(created_at__lt=moment),
    "min_duration": lambda seconds: Q(duration_ms__gte=round(seconds * MILLISECONDS)),
    "max_duration": lambda seconds: Q(duration_ms__lte=round(seconds * MILLISECONDS)),
}


def filtered(recordings: QuerySet[Recording], query: dict[str, Any]) -> QuerySet[Recording]:
    """`query` as `MediaQuery` validates it. Without `trashed` the trash is left out, unless its status is asked for."""
    trash = query["trashed"] or query.get("status") == RecordingStatus.DELETED
    in_trash = Q(status=RecordingStatus.DELETED)
    recordings = recordings.filter(in_trash if trash else ~in_trash)
    for name, condition in FILTERS.items():
        if name in query:
            recordings = recordings.filter(condition(query[name]))
    return recordings
