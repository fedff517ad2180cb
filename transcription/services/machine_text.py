"""What the machine had written for the time of a line, whatever people made of it since."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from config.common.errors import NotFound
from media.storage import ObjectMissingError, get_media_storage
from transcription.asr.serial import words_from_json
from transcription.asr.types import Word
from transcription.models import Segment, Transcript

# Results that a process keeps: one of ten hours is 6 MB, and who asks for a line soon asks for another.
KEPT = 4


@dataclass(frozen=True, slots=True)
class MachineText:
    """What the machine heard in a time: words whose middle lies in it."""

    start_ms: int
    end_ms: int
    text: str
    words: list[Word]


@dataclass(frozen=True, slots=True)
class _Heard:
    """The machine's lines by their beginnings, each as JSON: as objects a hundred thousand words are many times that.

    `latest`: the end of the line that ends last, up to each.
    """

    starts: list[int]
    latest: list[int]
    lines: list[bytes]

    def between(self, start_ms: int, end_ms: int) -> list[dict[str, Any]]:
        """The lines that touch [start_ms, end_ms]."""
        first, last = bisect_left(self.latest, start_ms), bisect_right(self.starts, end_ms)
        lines = [orjson.loads(line) for line in self.lines[first:last]]
        return [line for line in lines if line["end_ms"] >= start_ms]


def machine_text(transcript: Transcript, segment_id: UUID) -> MachineText:
    """Raises NotFound, also where the machine's result is gone."""
    row: Segment | None = Segment.objects.filter(transcript=transcript, pk=segment_id).first()
    if row is None:
        raise NotFound
    words, texts = [], []
    for line in _heard(transcript.result_key).between(row.start_ms, row.end_ms):
        heard = words_from_json(line["words"])
        inside = [word for word in heard if row.start_ms <= (word.start_ms + word.end_ms) / 2 <= row.end_ms]
        words += inside
        is_whole = len(inside) == len(heard)
        texts.append(line["text"] if is_whole else " ".join(word.text.strip() for word in inside))
    return MachineText(row.start_ms, row.end_ms, " ".join(filter(None, texts)), words)


def _heard(key: str) -> _Heard:
    # What was deleted is gone at once, from what this process remembers too.
    if not get_media_storage().exists(key):
        raise NotFound(_("The machine's own result of this transcript is not kept any more."))
    try:
        return _read(key)
    except ObjectMissingError:
        raise NotFound(_("The machine's own result of this transcript is not kept any more.")) from None


@lru_cache(maxsize=KEPT)
def _read(key: str) -> _Heard:
    """The object is never written a second time, so that what was read of it stays true."""
    found = orjson.loads(get_media_storage().read_bytes(key))["segments"]
    lines = sorted(found, key=lambda line: line["start_ms"])
    latest = accumulate((line["end_ms"] for line in lines), max)
    return _Heard([line["start_ms"] for line in lines], list(latest), [orjson.dumps(line) for line in lines])
