"""Search over all transcripts of an organization: lines that have every term, grouped by recording, newest first."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.common.errors import Invalid
from media.models import Recording
from media.states import RecordingStatus
from organizations.tenancy import Caller
from transcription.asr.serial import words_from_json
from transcription.asr.text import find
from transcription.asr.text.find import Hit, Term
from transcription.asr.text.normalize import search_fold
from transcription.editing.voices import label_of
from transcription.models import Segment
from transcription.models.search import words_query
from transcription.models.transcripts import shown_name
from transcription.services import near_words

LONGEST_QUERY = 200
PAGE, MOST = 20, 100
LINES_SHOWN, MOST_LINES = 5, 200
# Of a long line, so many characters before the first hit and in all.
BEFORE, SNIPPET = 60, 280


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked. `speaker` is a name or label, `from_day` and `to_day` (both included) the upload, UTC."""

    q: str
    language: str = ""
    speaker: str = ""
    project: UUID | None = None
    recording: UUID | None = None
    from_day: date | None = None
    to_day: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line with hits: the part to show, where the hits stand in it, and when the first is heard, in milliseconds."""

    segment: Segment
    text: str
    hits: list[tuple[int, int]]
    at_ms: int

    @property
    def parts(self) -> list[tuple[bool, str]]:
        """The text in pieces: whether each is a hit."""
        found, at = [], 0
        for start, end in self.hits:
            found += [(False, self.text[at:start]), (True, self.text[start:end])]
            at = end
        return [part for part in [*found, (False, self.text[at:])] if part[1]]

    @property
    def html(self) -> SafeString:
        """Escaped, with <mark> around the hits."""
        pieces = ((format_html("<mark>{}</mark>", part) if hit else part,) for hit, part in self.parts)
        return format_html_join("", "{}", pieces)


@dataclass(frozen=True, slots=True)
class Group:
    """A recording with the number of its lines that have hits, and the first of them."""

    recording: Recording
    count: int
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results. `corrected`: the query that was searched for instead, where the typed one has no hit."""

    groups: list[Group] = field(default_factory=list)
    next_cursor: str | None = None
    corrected: str | None = None


def search(*, caller: Caller, wanted: Search, cursor: str = "", limit: int = PAGE, lines: int = LINES_SHOWN) -> Found:
    """Up to `limit` recordings after `cursor`, with up to `lines` lines each. Raises Invalid.

    Where the typed query has no hit at all, words that nobody said are replaced by near ones, and that is told.
    """
    terms = terms_of(wanted.q)
    rows = _matching(caller, wanted, terms)
    found = _page(rows, terms, cursor=cursor, limit=limit, lines=lines)
    if found.groups or cursor:
        return found
    others = near_words.corrected(caller, terms)
    if others == terms:
        return found
    again = _page(_matching(caller, wanted, others), others, cursor="", limit=limit, lines=lines)
    return replace(again, corrected=" ".join(map(str, others))) if again.groups else found


def terms_of(query: str) -> tuple[Term, ...]:
    """Raises Invalid where nothing is left to search for."""
    terms = find.parse(query[:LONGEST_QUERY])
    if not terms:
        raise Invalid.field("q", _("Give a word to search for."), "blank")
    return terms


def _page(rows: QuerySet[Segment], terms: tuple[Term, ...], *, cursor: str, limit: int, lines: int) -> Found:
    counted: QuerySet[Any, Any] = rows.order_by().values(
        "transcript__recording_id", created=F("transcript__recording__created_at")
    )
    counted = counted.annotate(count=Count("pk")).order_by("-created", "-transcript__recording_id")
    if cursor:
        created, recording = _position(cursor)
        before = Q(transcript__recording__created_at=created, transcript__recording__lt=recording)
        counted = counted.filter(Q(transcript__recording__created_at__lt=created) | before)
    page = list(counted[: limit + 1])
    shown = page[:limit]
    counts = {row["transcript__recording_id"]: row["count"] for row in shown}
    groups = _groups(rows, counts, terms, lines) if counts else []
    last = shown[-1] if len(page) > limit else None
    return Found(groups, last and _cursor(last["created"], last["transcript__recording_id"]))


def _matching(caller: Caller, wanted: Search, terms: tuple[Term, ...]) -> QuerySet[Segment]:
    rows: QuerySet[Segment] = Segment.objects.visible_to(caller).filter(search_vector=words_query(terms))
    rows = rows.exclude(transcript__recording__status=RecordingStatus.DELETED)
    return rows.filter(_narrowed(wanted))


def _narrowed(wanted: Search) -> Q:
    asked = Q()
    if wanted.language:
        asked &= Q(transcript__language=wanted.language)
    if wanted.speaker:
        label = _label(wanted.speaker)
        asked &= Q(speaker__name__iexact=wanted.speaker) | Q(speaker__name="", speaker__label__iexact=label)
    if wanted.project:
        asked &= Q(transcript__recording__project=wanted.project)
    if wanted.recording:
        asked &= Q(transcript__recording=wanted.recording)
    if wanted.from_day:
        asked &= Q(transcript__recording__created_at__gte=datetime.combine(wanted.from_day, time.min, tzinfo=UTC))
    if wanted.to_day:
        # Not the midnight behind it: the last day that there is has none.
        asked &= Q(transcript__recording__created_at__lte=datetime.combine(wanted.to_day, time.max, tzinfo=UTC))
    return asked


def _label(speaker: str) -> str:
    """S1 for "Speaker 1", which is what pages call who has no name; else as it is."""
    number = re.search(r"\d+$", speaker, re.ASCII)
    label = label_of(int(number[0])) if number else speaker
    return label if shown_name("", label).casefold() == speaker.casefold() else speaker


def _groups(rows: QuerySet[Segment], counts: dict[UUID, int], terms: tuple[Term, ...], lines: int) -> list[Group]:
    """The recordings of `counts`, in its order."""
    order = [F("transcript__created_at").desc(), F("transcript").desc(), F("position").asc()]
    number = Window(RowNumber(), partition_by=[F("transcript__recording")], order_by=order)
    first = rows.filter(transcript__recording__in=counts).annotate(number=number).filter(number__lte=lines)
    known = first.select_related("transcript__recording__project", "speaker").defer("search_text", "search_vector")
    ranks = {pk: rank for rank, pk in enumerate(counts)}
    ordered = sorted(known, key=lambda row: (ranks[row.transcript.recording_id], row.number))
    return [
        Group(mine[0].transcript.recording, counts[pk], [line(row, terms) for row in mine])
        for pk, group in groupby(ordered, lambda row: row.transcript.recording_id)
        for mine in [list(group)]
    ]


def line(segment: Segment, terms: tuple[Term, ...]) -> Line:
    """The part of the segment's text around its first hit."""
    where = find.places(segment.text)
    found = find.hits(where, terms)
    start, end = _window(segment.text, found)
    inside = [(hit.start - start, min(hit.end, end) - start) for hit in found if start <= hit.start < end]
    ahead, behind = ("… " if start else ""), (" …" if end < len(segment.text) else "")
    text = ahead + segment.text[start:end] + behind
    return Line(
        segment, text, [(a + len(ahead), b + len(ahead)) for a, b in inside], _moment(segment, len(where), found)
    )


def _window(text: str, found: list[Hit]) -> tuple[int, int]:
    """[start, end) of what is shown: whole words, with the first hit in it."""
    if len(text) <= SNIPPET or not found:
        return 0, len(text) if len(text) <= SNIPPET else _word_end(text, SNIPPET)
    start = max(0, found[0].start - BEFORE)
    start = text.find(" ", start, found[0].start) + 1 or found[0].start if start else 0
    return start, _word_end(text, max(start + SNIPPET, found[0].end))


def _word_end(text: str, near: int) -> int:
    if near >= len(text):
        return len(text)
    space = text.rfind(" ", 0, near + 1)
    return space if space > near - BEFORE else near


def _moment(segment: Segment, count: int, found: list[Hit]) -> int:
    """When the first hit is heard: its word's time where the words are those of the text, else the line's."""
    if not found:
        return segment.start_ms
    starts = [word.start_ms for word in words_from_json(segment.words) for _part in search_fold(word.text).split()]
    return starts[found[0].word] if len(starts) == count else segment.start_ms


def _cursor(created: datetime, recording: UUID) -> str:
    return base64.urlsafe_b64encode(f"{created.isoformat()} {recording}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[Any, UUID]:
    try:
        created, recording = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        return datetime.fromisoformat(created).astimezone(UTC), UUID(recording)
    except (ValueError, OverflowError):
        raise Invalid.field("cursor", _("This cursor is not one of ours. Start from the first page.")) from None
