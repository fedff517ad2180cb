"""Editing ten hours of speech: 100,000 words in 10,000 lines, over HTTP in this process, rows committed.

`pytest tests/benchmarks/bench_editing.py -m benchmark -s`
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import connection

from media.storage import MediaStorage
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.benchmarks import measure
from tests.factories import make_api_key, make_transcript
from tests.transcription.editing.talks import Editor
from transcription.asr.serial import result_to_json, words_from_json, words_to_json
from transcription.asr.types import Result, Word
from transcription.asr.types import Segment as HeardLine
from transcription.models import Segment, Speaker, Transcript
from transcription.models.transcripts import POSITION_STEP

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
LINES, WORDS, LINE_MS, SPEAKERS, ROUNDS = 10_000, 10, 3600, 6, 30


def text_of(number: int, chance: random.Random) -> list[str]:
    """Twenty thousand different words, frequent and rare; `needle` in every hundredth line."""
    words = [f"w{int(20_000 * chance.random() ** 3)}" for _ in range(WORDS)]
    return [*words[:-1], "needle"] if number % 100 == 0 else words


def long_talk(organization: Organization) -> Transcript:
    transcript = make_transcript(organization, lines=0, segment_count=LINES, duration_ms=LINES * LINE_MS)
    Speaker.objects.filter(transcript=transcript).delete()
    speakers = [
        Speaker.objects.create(organization=organization, transcript=transcript, label=f"S{number + 1}")
        for number in range(SPEAKERS)
    ]
    chance = random.Random(1)
    Segment.objects.bulk_create(
        (_line(transcript, speakers, number, text_of(number, chance)) for number in range(LINES)), batch_size=1000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE transcription_segment")
    return transcript


def _line(transcript: Transcript, speakers: list[Speaker], number: int, said: list[str]) -> Segment:
    speaker, start = speakers[number // 3 % SPEAKERS], number * LINE_MS
    words = [Word(text, start + at * 350, start + at * 350 + 300, 0.9, speaker.label) for at, text in enumerate(said)]
    return Segment.folded(
        organization=transcript.organization,
        transcript=transcript,
        speaker=speaker,
        position=(number + 1) * POSITION_STEP,
        start_ms=start,
        end_ms=start + LINE_MS - 100,
        text=" ".join(said),
        language="en",
        confidence=0.9,
        words=words_to_json(words),
    )


def store_machines_result(transcript: Transcript, storage: MediaStorage) -> None:
    """What the machine wrote lies in storage, as a worker leaves it."""
    rows = Segment.objects.filter(transcript=transcript).order_by("position")
    segments = tuple(HeardLine(row.start_ms, row.end_ms, row.text, words_from_json(row.words)) for row in rows)
    data = orjson.dumps(result_to_json(Result(segments, "en", 0.9, transcript.duration_ms)))
    storage.save_bytes(transcript.result_key, data, content_type="application/json")


def test_editing(organization: Organization, media_storage: MediaStorage) -> None:
    transcript = long_talk(organization)
    store_machines_result(transcript, media_storage)
    editor = Editor(ApiClient.of_key(make_api_key(organization)[1]), transcript)
    middle = Segment.objects.filter(transcript=transcript).order_by("position")[LINES // 2 : LINES // 2 + 4 * ROUNDS]
    lines = [{"id": str(row.pk), "version": row.version, "text": row.text} for row in middle]
    fresh = iter(lines)
    rows = [
        _timed("a word corrected", lambda: editor.edit(line := next(fresh), text=f"{line['text']} more")),
        _timed("a line split", lambda: editor.split(next(fresh), 6)),
        _timed("a line deleted", lambda: editor.delete(next(fresh))),
        _timed("that taken back", lambda: editor.undo(editor.version())),
        _timed("find, a rare word", lambda: _find(editor, "needle")),
        _timed("find, folded", lambda: _find(editor, "NEEDLE", fold=True)),
        _timed("find, in every line", lambda: _find(editor, "w1"), 5),
        _timed("what the machine wrote, first", lambda: _machine(editor, lines[0]), 1),
        _timed("what the machine wrote", lambda: _machine(editor, lines[0])),
        _timed("replace 100 at once", _replacing(editor), 6),
        _timed("speakers' statistics", lambda: editor.api.get(f"{editor.path}/speakers"), 5),
        _timed("next doubtful place", lambda: editor.api.get(f"{editor.path}/review"), 5),
        _timed("changes since 10 edits", lambda: _news(editor)),
        _timed("compare with the machine's", lambda: editor.api.get(f"{editor.path}/versions/compare"), 5),
        _timed("two speakers merged (1,665 lines)", lambda: _merge(editor), 1),
        _timed("that taken back", lambda: editor.undo(editor.version()), 1),
        _timed("all restored", lambda: editor.ask("POST", "versions/0/restore", {}), 1),
        _timed("replace in every line", lambda: editor.ask("POST", "replace", {"find": "w", "replace": "v"}), 1),
        _timed("that taken back", lambda: editor.undo(editor.version()), 1),
        _timed("changes since that", lambda: _news(editor)),
    ]
    measure.show(f"Editing {LINES * WORDS:,} words in {LINES:,} lines", rows)


def _find(editor: Editor, text: str, **options: bool) -> Any:
    return editor.ask("POST", "replace", {"find": text, "dry_run": True, **options})


def _machine(editor: Editor, line: dict[str, Any]) -> Any:
    return editor.api.get(f"{editor.path}/segments/{line['id']}/machine")


def _news(editor: Editor) -> Any:
    return editor.api.get(f"{editor.path}/changes?since={editor.version() - 10}")


def _replacing(editor: Editor) -> Callable[[], Any]:
    """There and back."""
    names = ["needle", "thread"]

    def replace() -> Any:
        names.reverse()
        return editor.ask("POST", "replace", {"find": names[1], "replace": names[0]})

    return replace


def _merge(editor: Editor) -> Any:
    who = editor.speakers()
    return editor.ask("POST", f"speakers/{who['S6']}/merge", {"into": who["S1"]})


def _timed(name: str, act: Callable[[], Any], rounds: int = ROUNDS) -> tuple[str, str]:
    """Wall time, and that of this process alone: the first suffers where others take the cores."""
    times, worked, size = [], [], 0
    for _ in range(rounds):
        started, working = time.perf_counter(), time.process_time()
        answer = act()
        times.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - working) * 1000)
        assert answer.status_code == 200, answer.content
        size = len(answer.content)
    p50, p95, cpu = measure.percentile(times, 0.5), measure.percentile(times, 0.95), measure.percentile(worked, 0.5)
    return name, f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, CPU {cpu:.1f} ms, {size / 1024:,.0f} KiB"
