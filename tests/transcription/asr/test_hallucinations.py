"""Which text is doubted, and that ordinary speech is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcription.asr.conftest import DEMO, SAMPLES, RecordingContext
from transcription.asr import hallucinations, pipeline
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.fake import FakeEngine
from transcription.asr.options import Options, VadOptions
from transcription.asr.types import Chunk, Recognition, Segment, Span


def line(text: str, seconds: float | None = None, start_ms: int = 0, **fields: Any) -> Segment:
    """A line said at an ordinary speed, or in so many seconds."""
    length = 400 * max(1, len(text.split())) if seconds is None else round(seconds * 1000)
    return Segment(start_ms, start_ms + length, text, **fields)


def types(segment: Segment) -> list[str]:
    return [flag.type for flag in segment.flags]


def doubts(text: str, language: str = "en", seconds: float | None = None) -> list[str]:
    [found] = hallucinations.flag_text([line(text, seconds)], language)
    assert found.text == text
    return types(found)


LOOPS = [
    "I think I think I think I think I think that is it.",
    "the the the the the the the the end",
    "We will see you next time. We will see you next time. We will see you next time.",
    "مرحبا بكم في مرحبا بكم في مرحبا بكم في مرحبا بكم في",
    "а потом а потом а потом а потом а потом",
]
SPOKEN = [
    "No, no, no, I did not say that.",
    "Yes yes yes. Okay. Bye bye bye bye.",
    "The number is zero zero zero zero zero zero zero zero.",
    "5 5 5 5 5 5 5 5 5",
    "It was a very, very, very, very long day.",
    "Ha ha ha ha, good one.",
    "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream.",
    "Thank you all for coming, and thanks for watching the demo with us.",
    "Please subscribe the new members to the list.",
    "لا لا لا، لم أقل ذلك",
    "شكرا لكم على الحضور اليوم في هذا الاجتماع",
    "We must find a new home in the stars.",
]


@pytest.mark.parametrize("text", LOOPS)
def test_loops(text: str) -> None:
    assert "repeated_words" in doubts(text)


@pytest.mark.parametrize("text", SPOKEN)
def test_what_people_say(text: str) -> None:
    assert doubts(text, "ar" if not text.isascii() else "en") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thanks for watching!", "en"),
        ("Subtitles by the Amara.org community", "en"),
        ("وهكذا اشتركوا في القناة", "ar"),
        ("شكراً للمشاهدة", "ar"),
        ("ترجمة نانسي قنقر", "ar"),
        ("Sous-titres réalisés par la communauté d'Amara.org", "fr"),
        ("Vielen Dank fürs Zuschauen!", "de"),
        ("Продолжение следует...", "ru"),
        ("¡Gracias por ver el vídeo!".replace("í", "i"), "es"),
    ],
)
def test_known_phrases(text: str, language: str) -> None:
    assert "known_phrase" in doubts(text, language)


def test_a_goodbye_counts_in_its_own_language_only() -> None:
    assert doubts("Thanks for watching!", "de") == []


def test_the_same_line_again_and_again() -> None:
    said = [line("And then we go.", start_ms=2000 * n) for n in range(4)]
    assert all(types(one) == ["repeated_words"] for one in hallucinations.flag_text(said, "en"))
    assert not any(one.flags for one in hallucinations.flag_text(said[:3], "en")), "three times is a refrain"


def test_lines_of_one_word_may_repeat() -> None:
    said = [line("Yeah.", start_ms=2000 * n) for n in range(9)]
    assert not any(one.flags for one in hallucinations.flag_text(said, "en"))


def test_interleaved_channels_are_looked_at_apart() -> None:
    said = [
        line(text, start_ms=1000 * n, speaker=speaker)
        for n in range(4)
        for text, speaker in (("And then we go.", "S1"), (f"Answer number {n}.", "S2"))
    ]
    found = hallucinations.flag_text(said, "en")
    assert {one.speaker for one in found if one.flags} == {"S1"}


def test_a_text_that_repeats_with_variations_compresses() -> None:
    words = [f"the {'red' if n % 3 else 'blue'} car and" for n in range(30)]
    assert "compression" in doubts(" ".join(words))


def test_ordinary_arabic_does_not_compress() -> None:
    arabic = (
        "السلام عليكم ورحمة الله وبركاته، نبدأ اليوم اجتماعنا الأسبوعي بمراجعة ما تم إنجازه في المشروع خلال "
        "الأيام الماضية، ثم ننتقل إلى الحديث عن الخطوات القادمة والمواعيد التي "
        "اتفقنا عليها مع العميل في بغداد وأربيل والبصرة."
    )
    assert 1 < hallucinations.compression(arabic) < 2


@pytest.mark.parametrize(
    ("text", "seconds", "flagged"),
    [
        ("one two three four five six seven eight nine ten", 0.9, True),
        ("one two three four five six seven eight nine ten", 2.0, False),
        ("Thank you.", 28.0, True),
        ("Thank you.", 4.0, False),
        ("Hi.", 0.05, False),
    ],
)
def test_word_rates(text: str, seconds: float, flagged: bool) -> None:
    assert doubts(text, seconds=seconds) == (["word_rate"] if flagged else [])


def test_text_over_silence() -> None:
    said = [line("Thank you.", 2.0, 10_000), line("Good morning.", 1.0, 1_000), line("Edge.", 0.5, 5_100)]
    found = hallucinations.flag_silence(said, [Span(900, 5_000)])
    assert [types(one) for one in found] == [["silence"], [], []], "edges are not the same for everybody"


def test_flags_are_not_doubled_and_others_stay() -> None:
    [once] = hallucinations.flag_text([line("Thanks for watching!")], "en")
    [twice] = hallucinations.flag_text([once], "en")
    assert twice == once


@given(st.lists(st.text(max_size=60), max_size=8), st.sampled_from(["en", "ar", "xx"]))
def test_no_word_is_ever_lost(texts: list[str], language: str) -> None:
    said = [line(text, start_ms=3000 * n) for n, text in enumerate(texts)]
    found = hallucinations.flag_silence(hallucinations.flag_text(said, language), [Span(0, 4000)])
    assert [replace(one, flags=()) for one in found] == said
    assert all(flag.type and flag.reason.endswith(".") for one in found for flag in one.flags)


# --- In the pipeline --------------------------------------------------------------------------------------------------
def transcript(path: Path, engine: Any, options: Options) -> list[Segment]:
    context = RecordingContext()
    heard: list[Recognition] = []
    for chunk in pipeline.prepare(path, options):
        heard.append(pipeline.transcribe(chunk, engine, options, context))
    return list(pipeline.assemble(heard, None, options, 10**9, {}).segments)


def test_no_doubt_about_the_demo_meeting(embedded: Any) -> None:
    found = transcript(DEMO / "team-meeting.mp3", embedded, Options("embedded", "tiny-en", language="en"))
    assert len(found) > 10
    assert [(one.text, types(one)) for one in found if one.flags] == []


@pytest.mark.parametrize("clip", ["en_meeting.ogg", "en_long.ogg", "en_digits.wav", "ar_meeting.flac", "ar_digits.ogg"])
def test_no_doubt_about_clear_speech(whisper: Any, clip: str) -> None:
    language = clip[:2]
    found = transcript(
        SAMPLES / clip, whisper, Options("faster_whisper", "espeak", language=language, temperature=(0.0,))
    )
    assert found
    assert [(one.text, types(one)) for one in found if one.flags] == []


def test_text_over_silence_is_flagged_where_detection_is_off() -> None:
    """The fake engine speaks all the time then; the sound is silent, and only listening to it tells."""
    import numpy as np

    options = Options("fake", "fake", language="en", vad=VadOptions(enabled=False))
    chunk = Chunk(np.zeros(16_000 * 6, np.float32), 4000, 10_000)
    heard = pipeline.transcribe(chunk, FakeEngine(EngineConfig("fake")), options, RecordingContext())
    assert heard.segments
    assert all("silence" in types(one) for one in heard.segments)
