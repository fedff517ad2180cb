"""Words that people put on recordings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from config.common.errors import Invalid
from media.models import Recording, Tag
from media.names import tidy
from media.states import RecordingStatus
from organizations.tenancy import Caller

MOST_TAGS = 50
LONGEST_NAME = 60


def put_on(recording: Recording, *, caller: Caller, names: Iterable[str]) -> None:
    """Make these the tags of `recording`; new words become tags. Raises Invalid."""
    recording.tags.set(_existing_or_new(caller, _checked(names)))


def _checked(names: Iterable[str]) -> dict[str, str]:
    """Tidy names by their folded form: "Meeting" and "meeting" are one tag."""
    by_fold: dict[str, str] = {}
    for name in map(tidy, names):
        if not name or len(name) > LONGEST_NAME:
            raise Invalid.field("tags", _("A tag has 1 to %(most)d letters.") % {"most": LONGEST_NAME}, "invalid_tag")
        by_fold.setdefault(name.casefold(), name)
    if len(by_fold) > MOST_TAGS:
        raise Invalid.field("tags", _("A recording has at most %(most)d tags.") % {"most": MOST_TAGS}, "too_many_tags")
    return by_fold


def _existing_or_new(caller: Caller, by_fold: dict[str, str]) -> list[Tag]:
    if not by_fold:
        return []
    found = _by_fold(caller, by_fold)
    missing = [name for fold, name in by_fold.items() if fold not in found]
    if missing:
        # Somebody else may add the same word meanwhile.
        Tag.objects.bulk_create(
            [Tag(organization=caller.organization, name=name) for name in missing], ignore_conflicts=True
        )
        found = _by_fold(caller, by_fold)
    return [found[fold] for fold in by_fold]


def _by_fold(caller: Caller, by_fold: dict[str, str]) -> dict[str, Tag]:
    tags = Tag.objects.visible_to(caller).order_by("-created_at")
    return {tag.name.casefold(): tag for tag in tags if tag.name.casefold() in by_fold}


def in_use(caller: Caller) -> QuerySet[Tag, dict[str, Any]]:
    """Rows `{id, name, media_count}` of the tags on at least one recording outside the trash."""
    kept = Count("recordings", filter=~Q(recordings__status=RecordingStatus.DELETED))
    counted = Tag.objects.visible_to(caller).annotate(media_count=kept).filter(media_count__gt=0)
    rows: QuerySet[Tag, dict[str, Any]] = counted.values("id", "name", "media_count")
    return rows
