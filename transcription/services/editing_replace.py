"""Find and replace inside one transcript."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from config.common.errors import Invalid
from organizations.tenancy import Caller
from transcription.editing import matching, operations
from transcription.editing.matching import Wanted
from transcription.models import Segment, Transcript
from transcription.models.operations import OperationKind
from transcription.services.editing import Applied, apply_change, editing, find_lines, lines_of

# A page shows no more, and a program that wants them all replaces them.
MOST_MATCHES = 10_000


@dataclass(frozen=True, slots=True)
class Match:
    """Characters [start, end) of a line's text."""

    segment: UUID
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The first MOST_MATCHES, and how many there are."""

    matches: list[Match]
    count: int


def find(transcript: Transcript, wanted: Wanted, *, segment_ids: Sequence[UUID] | None = None) -> Found:
    """Every match in the whole text or in some lines. Raises Invalid where nothing is left to look for."""
    _check(wanted)
    if segment_ids is not None:
        find_lines(transcript, segment_ids)
    found = Found([], 0)
    for pk, text in _texts(transcript, wanted, segment_ids):
        places = matching.matches(text, wanted)
        room = MOST_MATCHES - len(found.matches)
        found.matches.extend(Match(pk, start, end, text[start:end]) for start, end in places[:room])
        found = Found(found.matches, found.count + len(places))
    return found


def replace(
    *, caller: Caller, transcript: Transcript, wanted: Wanted, by: str, segment_ids: Sequence[UUID] | None = None
) -> Applied:
    """Every match at once, as one operation. Raises Invalid, Conflict."""
    _check(wanted)
    with editing(caller, transcript) as row:
        if segment_ids is not None:
            find_lines(row, segment_ids)
        found = ((pk, text, matching.replaced(text, wanted, by)) for pk, text in _texts(row, wanted, segment_ids))
        texts = {str(pk): new for pk, text, new in found if new != text}
        change = operations.rewrite(lines_of(row, texts), texts)
        payload = {**asdict(wanted), "by": by}
        return apply_change(row, caller, OperationKind.REPLACE, payload, change)


def _check(wanted: Wanted) -> None:
    if wanted.fold and not wanted.folded:
        raise Invalid.field("find", _("Nothing is left to look for. Use at least one letter or digit."))


def _texts(transcript: Transcript, wanted: Wanted, segment_ids: Sequence[UUID] | None) -> Iterator[tuple[UUID, str]]:
    """Id and text of the lines that may have a match: the database looks first, and is never stricter than we are."""
    rows = Segment.objects.filter(transcript=transcript).order_by("position")
    if segment_ids is not None:
        rows = rows.filter(pk__in=segment_ids)
    if wanted.fold:
        rows = rows.filter(search_text__contains=" ".join(wanted.folded))
    elif wanted.case:
        rows = rows.filter(text__contains=wanted.text)
    return iter(rows.values_list("pk", "text"))
