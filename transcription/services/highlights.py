"""Marked places of a transcript. They hold times, so that they stay on their words whatever becomes of the lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from config.common.errors import Conflict, Invalid, PermissionDenied
from organizations import audit, bus
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.models import Highlight, HighlightColour, Segment, Transcript
from transcription.models.authored import signed_by
from transcription.models.comments import LONGEST_NOTE

MOST_HIGHLIGHTS = 2000
QUOTE_WORDS, BATCH = 25, 2000


def highlights_of(caller: Caller, transcript: Transcript) -> QuerySet[Highlight]:
    rows: QuerySet[Highlight] = Highlight.objects.visible_to(caller).filter(transcript=transcript)
    return rows.select_related("author", "author_key")


def highlight_of(caller: Caller, transcript: Transcript, highlight_id: UUID) -> Highlight:
    """Raises NotFound."""
    rows = Highlight.objects.visible_to(caller).filter(transcript=transcript).select_related("transcript")
    found: Highlight = rows.get_or_404(highlight_id)
    return found


def create(
    *,
    caller: Caller,
    transcript: Transcript,
    start_ms: int,
    end_ms: int,
    colour: str = HighlightColour.YELLOW,
    note: str = "",
) -> Highlight:
    """Raises PermissionDenied, Invalid, Conflict."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    if not start_ms < end_ms <= transcript.duration_ms:
        raise Invalid.field("end", _("The end must come after the start, and within the recording."))
    with transaction.atomic():
        # The row is locked so that two requests cannot both be the last that is allowed.
        Transcript.objects.select_for_update(of=("self",)).get(pk=transcript.pk)
        if Highlight.objects.filter(transcript=transcript).count() >= MOST_HIGHLIGHTS:
            raise Conflict(
                _("This transcript has too many highlights. Delete some first."), error_type="too_many_highlights"
            )
        highlight: Highlight = Highlight.objects.create(
            organization=caller.organization,
            transcript=transcript,
            start_ms=start_ms,
            end_ms=end_ms,
            colour=colour,
            note=note.strip()[:LONGEST_NOTE],
            **signed_by(caller),
        )
        _record("highlight.created", highlight, caller)
    return highlight


def delete(*, caller: Caller, highlight: Highlight) -> None:
    """Whoever made it, and an administrator. Raises PermissionDenied."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    if not highlight.may_be_deleted_by(caller):
        raise PermissionDenied(_("Only who made it or an administrator can delete a highlight."))
    with transaction.atomic():
        _record("highlight.deleted", highlight, caller)
        highlight.delete()


def quotes(transcript: Transcript, rows: Sequence[Highlight]) -> dict[UUID, str]:
    """What is said at each place now, shortened. Words belong to a place by their middle."""
    if not rows:
        return {}
    lines = Segment.objects.filter(transcript=transcript)
    near = lines.between(min(row.start_ms for row in rows), max(row.end_ms for row in rows)).order_by("position")
    # One walk for all of them: lines rise in time, give or take two people at once.
    words = sorted(
        ((word[1] + word[2]) / 2, word[0].strip()) for line in near.only("words").iterator(BATCH) for word in line.words
    )
    moments = [moment for moment, _text in words]
    return {
        row.pk: _shortened(words, bisect_left(moments, row.start_ms), bisect_right(moments, row.end_ms)) for row in rows
    }


def _shortened(words: list[tuple[float, str]], first: int, last: int) -> str:
    text = " ".join(word for _moment, word in words[first : min(last, first + QUOTE_WORDS)])
    return f"{text} …" if last - first > QUOTE_WORDS else text


def _record(action: str, highlight: Highlight, caller: Caller) -> None:
    transcript = highlight.transcript
    data = {"start": highlight.start_ms / 1000, "end": highlight.end_ms / 1000}
    audit.record(organization=highlight.organization, action=action, actor=caller, target=transcript, data=data)
    event = {"type": "highlights.changed", "transcript": str(transcript.pk)}
    transaction.on_commit(partial(bus.publish_transcript, transcript.pk, event), robust=True)
