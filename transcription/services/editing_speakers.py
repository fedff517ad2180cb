"""The speakers of a transcript: named, coloured, merged, split, and what each of them did."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from django.db.models import Func, IntegerField
from django.utils.translation import gettext as _

from config.common.errors import Invalid, NotFound
from media.audio.spans import Span
from organizations.tenancy import Caller
from transcription.editing import voices
from transcription.editing.lines import Voice
from transcription.history import labels_ever, line_of
from transcription.models import Segment, Speaker, Transcript
from transcription.models.operations import OperationKind
from transcription.services.editing import Applied, apply_change, editing, find_lines, speaker_id, voices_of

# A voice is known by a few seconds.
SAMPLE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Statistics:
    """What one speaker did. Times in ms; `silence_ms`: pauses inside their own turns; `sample`: where to hear them."""

    speaker: Speaker
    talk_ms: int
    words: int
    turns: int
    silence_ms: int
    share: float
    sample: Span | None

    @property
    def words_per_minute(self) -> float | None:
        return _pace(self.words, self.talk_ms)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everybody, and the whole recording. `silence_ms`: when nobody speaks."""

    speakers: list[Statistics]
    talk_ms: int
    silence_ms: int
    words: int
    turns: int

    @property
    def words_per_minute(self) -> float | None:
        return _pace(self.words, self.talk_ms)


def _pace(words: int, talk_ms: int) -> float | None:
    return round(words * 60_000 / talk_ms, 1) if talk_ms else None


def add(*, caller: Caller, transcript: Transcript, name: str) -> Applied:
    """A speaker who says nothing yet. Raises Conflict."""
    with editing(caller, transcript) as row:
        voice = _new(row, name)
        payload = {"speaker": voice.id, "name": voice.name}
        return apply_change(row, caller, OperationKind.SPEAKER_ADD, payload, voices.add(voice))


def describe(
    *, caller: Caller, transcript: Transcript, speaker: UUID, name: str | None = None, colour: int | None = None
) -> Applied:
    """Another name, for all of their lines at once, or another colour. Raises NotFound, Conflict."""
    with editing(caller, transcript) as row:
        voice = _voice(row, speaker)
        payload = {"speaker": voice.id, "name": name, "colour": colour}
        payload = {field: value for field, value in payload.items() if value is not None}
        change = voices.describe(voice, name=name and " ".join(name.split()), colour=colour)
        return apply_change(row, caller, OperationKind.SPEAKER_EDIT, payload, change)


def merge(*, caller: Caller, transcript: Transcript, speaker: UUID, into: UUID) -> Applied:
    """All lines of `speaker` go to `into`, and `speaker` goes. Raises NotFound, Invalid, Conflict."""
    with editing(caller, transcript) as row:
        voice = _voice(row, speaker)
        speaker_id(row, into, field="into")
        lines = [line_of(one) for one in _lines(row, speaker)]
        change = voices.merge(voice, voices_of(row)[str(into)], lines)
        payload = {"speaker": voice.id, "name": voice.name or voice.label, "into": str(into)}
        return apply_change(row, caller, OperationKind.SPEAKER_MERGE, payload, change)


def split(
    *, caller: Caller, transcript: Transcript, speaker: UUID, segment_ids: Sequence[UUID], name: str = ""
) -> Applied:
    """A new speaker takes some lines of `speaker`. Raises NotFound, Invalid, Conflict."""
    with editing(caller, transcript) as row:
        old = _voice(row, speaker)
        lines = find_lines(row, segment_ids)
        if any(line.speaker != old.id for line in lines):
            raise Invalid.field("segments", _("Some of these lines are not of this speaker. Choose others."))
        new = _new(row, name)
        payload = {"speaker": old.id, "new": new.id, "name": new.name, "count": len(lines)}
        return apply_change(row, caller, OperationKind.SPEAKER_SPLIT, payload, voices.add(new, lines))


def overview(transcript: Transcript) -> Overview:
    """What everybody did, by the lines as they are now."""
    count = Func("words", function="jsonb_array_length", output_field=IntegerField())
    rows = list(
        Segment.objects.filter(transcript=transcript)
        .order_by("position")
        .annotate(word_count=count)
        .values_list("speaker_id", "start_ms", "end_ms", "word_count")
    )
    talk = sum(end - start for _who, start, end, _words in rows)
    heard = _covered([Span(start, end) for _who, start, end, _words in rows])
    turns = _turns([row[0] for row in rows])
    speakers = [_statistics(one, rows, turns, talk) for one in Speaker.objects.filter(transcript=transcript)]
    return Overview(
        speakers=speakers,
        talk_ms=talk,
        silence_ms=max(0, transcript.duration_ms - heard),
        words=sum(row[3] for row in rows),
        turns=sum(turns.values()),
    )


Row = tuple[UUID | None, int, int, int]


def _statistics(speaker: Speaker, rows: list[Row], turns: dict[UUID | None, int], talk: int) -> Statistics:
    own = [row for row in rows if row[0] == speaker.pk]
    talk_ms = sum(end - start for _who, start, end, _words in own)
    return Statistics(
        speaker=speaker,
        talk_ms=talk_ms,
        words=sum(row[3] for row in own),
        turns=turns.get(speaker.pk, 0),
        silence_ms=_pauses(speaker.pk, rows),
        share=round(talk_ms / talk, 4) if talk else 0.0,
        sample=_sample(own),
    )


def _turns(speakers: list[UUID | None]) -> dict[UUID | None, int]:
    """How often each begins to speak after somebody else."""
    found: dict[UUID | None, int] = {}
    for at, who in enumerate(speakers):
        if at == 0 or speakers[at - 1] != who:
            found[who] = found.get(who, 0) + 1
    return found


def _pauses(speaker: UUID, rows: list[Row]) -> int:
    """Silence between lines of one speaker that follow each other."""
    return sum(max(0, after[1] - before[2]) for before, after in pairwise(rows) if before[0] == after[0] == speaker)


def _sample(own: list[Row]) -> Span | None:
    """The beginning of their longest line."""
    longest = max(own, key=lambda row: row[2] - row[1], default=None)
    return None if longest is None else Span(longest[1], min(longest[2], longest[1] + SAMPLE_MS))


def _covered(spans: list[Span]) -> int:
    """Milliseconds in which somebody speaks, overlaps counted once. `spans`: by their beginnings."""
    total = edge = 0
    for span in spans:
        total += max(0, span.end_ms - max(edge, span.start_ms))
        edge = max(edge, span.end_ms)
    return total


def _new(row: Transcript, name: str) -> Voice:
    """With a label that no speaker of this transcript has or ever had, for any of them may come back."""
    return Voice(str(uuid.uuid4()), voices.next_label(labels_ever(row)), " ".join(name.split()))


def _voice(row: Transcript, speaker: UUID) -> Voice:
    found = voices_of(row).get(str(speaker))
    if found is None:
        raise NotFound
    return found


def _lines(row: Transcript, speaker: UUID) -> list[Segment]:
    return list(Segment.objects.filter(transcript=row, speaker_id=speaker).order_by("position"))
