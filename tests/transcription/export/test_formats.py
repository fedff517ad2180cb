"""Every format, read back by parsers that others wrote."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import srt
import webvtt
from hypothesis import given, settings

from tests.transcription.asr_text.strategies import segments
from transcription.asr.export import TEXT_FORMATS, ExportOptions, ExportSegment, ExportTranscript, InvalidOption, export
from transcription.asr.text.segment import to_cues
from transcription.asr.types import Flag, Segment, Word

NASTY = [
    'a --> b & <b>bold</b> "quoted", yes',
    "Line one\n\n\nline two\r\n3\n",
    "00:00:01,000 --> 00:00:02,000 said he",
    "مرحبا بكم، كيف الحال؟",
    "OK يا جماعة نبدأ الاجتماع.",
    "We say مرحبا in Arabic.",
    "tab\there\x00\x07 NOTE &amp; &lt;",
    "   ",
]


def transcript(texts: list[str] = NASTY, **changes: Any) -> ExportTranscript:
    made = [
        Segment(index * 4_001 + 7, index * 4_001 + 3_333, text, speaker="s1" if index % 2 else "s2")
        for index, text in enumerate(texts)
    ]
    values: dict[str, Any] = {"title": "Team meeting", "language": "en", "duration_ms": 60_000, "segments": iter(made)}
    return ExportTranscript(**{**values, "speakers": {"s1": "Anna <A> & Co", "s2": "Bob"}, **changes})


def made(format: str, source: ExportTranscript | None = None, **options: Any) -> str:
    return "".join(export(source or transcript(), format, ExportOptions(**options)))


def ms(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)


def bare(text: str) -> str:
    """Without direction marks and joiners, on one line."""
    return " ".join(text.translate(dict.fromkeys([0x202B, 0x202C, 0x200E, 0x2060])).split())


class TestSubtitles:
    def test_srt_read_by_another_parser(self) -> None:
        cues = list(srt.parse(made("srt", speakers=False), ignore_errors=False))
        expected = list(to_cues(transcript().segments, ExportOptions().rules, duration_ms=60_000))
        assert [(ms(cue.start), ms(cue.end)) for cue in cues] == [(cue.start_ms, cue.end_ms) for cue in expected]
        assert [cue.index for cue in cues] == list(range(1, len(cues) + 1))
        assert bare(" ".join(cue.content for cue in cues)) == bare(
            " ".join(line for cue in expected for line in cue.lines)
        )

    def test_srt_read_by_a_second_parser(self) -> None:
        cues = webvtt.from_buffer(io.StringIO(made("srt", speakers=False)), format="srt").captions
        assert len(cues) == len(list(to_cues(transcript().segments, duration_ms=60_000)))
        assert cues[0].start == "00:00:00.007"

    def test_vtt_read_by_another_parser(self) -> None:
        text = made("vtt")
        cues = webvtt.from_string(text).captions
        expected = list(to_cues(transcript().segments, duration_ms=60_000))
        assert [(cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds()) for cue in cues] == [
            (cue.start_ms, cue.end_ms) for cue in expected
        ]
        assert [bare(unescape(cue.text)) for cue in cues] == [bare(" ".join(cue.lines)) for cue in expected]
        assert {unescape(cue.voice or "") for cue in cues} == {"Bob", "Anna <A> & Co"}

    def test_vtt_escapes_all_that_means_something(self) -> None:
        body = made("vtt", transcript(["a --> b <b>x</b> & y"]), speakers=False)
        assert "a --&gt; b &lt;b&gt;x&lt;/b&gt; &amp; y" in body
        assert body.startswith("WEBVTT\n\n00:00:00.007 --> 00:00:03.333\n")

    @settings(max_examples=60, deadline=None)
    @given(segments())
    def test_times_survive_to_the_millisecond(self, given_segments: list[Segment]) -> None:
        expected = [(cue.start_ms, cue.end_ms) for cue in to_cues(given_segments)]
        source = transcript(segments=given_segments, duration_ms=0)
        read = list(srt.parse(made("srt", source, speakers=False), ignore_errors=False))
        assert [(ms(cue.start), ms(cue.end)) for cue in read] == expected

    def test_hours_go_past_ninety_nine(self) -> None:
        source = transcript(segments=[Segment(360_000_001, 360_002_000, "Late")], duration_ms=400_000_000)
        assert "100:00:00,001 --> 100:00:02,000" in made("srt", source)

    def test_a_line_like_a_time_line_starts_no_cue(self) -> None:
        words = (Word("9", 0, 100), Word("00:00:01,000 --> 00:00:02,000", 100, 900))
        source = transcript(segments=[Segment(0, 900, "", words)])
        (cue,) = srt.parse(made("srt", source, speakers=False, max_chars=30))
        assert cue.content == "9\n00:00:01,000 --\u2060> 00:00:02,000"

    def test_names_in_srt_only_when_the_speaker_changes(self) -> None:
        source = [Segment(0, 900, "Hello.", speaker="s2"), Segment(5_000, 5_900, "Still me.", speaker="s2")]
        assert [cue.content for cue in srt.parse(made("srt", transcript(segments=source)))] == [
            "Bob: Hello.",
            "Still me.",
        ]

    @pytest.mark.parametrize("format", ["srt", "vtt"])
    @pytest.mark.parametrize("text", ["مرحبا.", "שלום!", "OK يا جماعة نبدأ الاجتماع.", "123 مرحبا"])
    def test_right_to_left_lines_are_embedded(self, format: str, text: str) -> None:
        assert f"\u202b{text}\u202c" in made(format, transcript([text]), speakers=False)

    def test_every_line_of_a_right_to_left_cue_is_embedded(self) -> None:
        text = "هذا هو الجهاز الجديد الذي أعلنت عنه الشركة iPhone 15 Pro Max."
        (cue,) = srt.parse(made("srt", transcript([text]), speakers=False))
        assert all(line[0] == "\u202b" and line[-1] == "\u202c" for line in cue.content.split("\n"))

    def test_a_foreign_word_does_not_turn_a_line_around(self) -> None:
        text = "Everybody here says this one word, مرحبا to all of you."
        lines = made("srt", transcript([text]), speakers=False, max_chars=37)
        assert "\n\u200eمرحبا" in lines
        assert "\u202b" not in lines

    def test_nor_does_a_name_in_another_script(self) -> None:
        english = transcript(["Good morning to all."], speakers={"s2": "سارة"})
        assert "\n\u200eسارة: Good morning to all.\n" in made("srt", english)
        arabic = transcript(["مرحبا."], speakers={"s2": "Alexandra"})
        assert "\n\u202bAlexandra: مرحبا.\u202c\n" in made("srt", arabic)

    def test_rules_are_followed(self) -> None:
        text = "one two three four five six seven eight nine ten eleven twelve"
        cues = list(srt.parse(made("srt", transcript([text]), speakers=False, max_chars=12, max_lines=1)))
        assert all(len(cue.content) <= 12 for cue in cues)


class TestData:
    def test_json_has_the_public_shape(self) -> None:
        word = Word("Hi", 1, 1_234, 0.5, "s1", True)
        source = transcript(
            segments=[
                ExportSegment(1, 1_234, "Hi", (word,), "s1", 0.9, flags=(Flag("low", "Why"),), id="x", version=3)
            ],
            metadata={"id": "t", "job": "j", "version": 7, "metrics": {"wer": 1}, "labels": {"s1": "SPEAKER_00"}},
        )
        data = json.loads(made("json", source))
        assert data["speakers"][0] == {"id": "s1", "label": "SPEAKER_00", "name": "Anna <A> & Co", "profile": None}
        assert (data["id"], data["job"], data["version"], data["duration"]) == ("t", "j", 7, 60.0)
        assert data["segments"] == [
            {
                "id": "x", "index": 0, "version": 3, "start": 0.001, "end": 1.234, "speaker": "s1", "text": "Hi",
                "confidence": 0.9, "flags": [{"type": "low", "reason": "Why"}], "edited": False,
                "words": [{"text": "Hi", "start": 0.001, "end": 1.234, "confidence": 0.5, "speaker": "s1",
                           "interpolated": True}],
            }
        ]  # fmt: skip
        assert (data["metrics"], data["provenance"]) == ({"wer": 1}, {})

    def test_json_keeps_text_as_it_is(self) -> None:
        assert [segment["text"] for segment in json.loads(made("json"))["segments"]] == NASTY

    def test_json_without_words_and_without_segments(self) -> None:
        assert "words" not in json.loads(made("json", words=False))["segments"][0]
        assert json.loads(made("json", transcript([])))["segments"] == []

    def test_csv_read_back(self) -> None:
        rows = list(csv.reader(io.StringIO(made("csv"), newline=""), strict=True))
        assert rows[0] == ["index", "start", "end", "speaker", "text"]
        assert rows[1] == ["0", "0.007", "3.333", "Bob", NASTY[0]]
        assert len(rows) == len(NASTY) + 1
        assert made("csv").count("\r\n") == len(rows)

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " \t=cmd", "\r\n=1", "\u200b=1", "＝1+1"])
    def test_csv_cells_are_no_formulas(self, text: str) -> None:
        source = transcript([text], speakers={"s2": text})
        row = list(csv.reader(io.StringIO(made("csv", source))))[1]
        assert row[3].startswith("'")
        assert row[4].startswith("'")

    def test_csv_leaves_ordinary_text_alone(self) -> None:
        assert "it's 1 - 1 = 0\r\n" in made("csv", transcript(["it's 1 - 1 = 0"]))

    def test_csv_for_excel(self) -> None:
        assert made("csv", bom=True).startswith("\ufeffindex")

    def test_tsv_is_a_label_track(self) -> None:
        lines = made("tsv").splitlines()
        assert lines[0] == f"0.007000\t3.333000\tBob: {NASTY[0]}"
        assert {line.count("\t") for line in lines} == {2}
        assert len(lines) == len(NASTY)


class TestReading:
    TURNS = (
        Segment(0, 1_000, "Hello.", speaker="s2"),
        Segment(1_100, 2_000, "How are you?", speaker="s2"),
        Segment(2_100, 3_000, "Fine.", speaker="s3"),
        Segment(3_700_000, 3_701_000, "Back again."),
    )

    def test_txt_paragraphs(self) -> None:
        text = made("txt", transcript(segments=self.TURNS))
        assert text == "Bob: Hello. How are you?\n\ns3: Fine.\n\nBack again.\n"

    def test_txt_lines_with_times(self) -> None:
        text = made("txt", transcript(segments=self.TURNS), paragraphs=False, timestamps=True, speakers=False)
        assert text == "[00:00:00] Hello.\n[00:00:01] How are you?\n[00:00:02] Fine.\n[01:01:40] Back again.\n"

    def test_a_monologue_is_cut_into_paragraphs(self) -> None:
        source = [
            Segment(at * 1_000, at * 1_000 + 900, "A sentence of about forty characters here.") for at in range(60)
        ]
        blocks = made("txt", transcript(segments=source)).split("\n\n")
        assert len(blocks) > 2
        assert max(map(len, blocks)) < 900

    def test_md(self) -> None:
        source = transcript(segments=self.TURNS, duration_ms=4_000_000, title="Team *meeting*")
        assert made("md", source, timestamps=True) == (
            "# Team \\*meeting\\*\n\n## 00:00:00\n\n`00:00:00` **Bob:** Hello. How are you?\n"
            "\n`00:00:02` **s3:** Fine.\n\n## 01:00:00\n\n`01:01:40` Back again.\n"
        )

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("[x](javascript:y)", "\\[x\\](javascript:y)"),
            ("1. first", "1\\. first"),
            ("- item", "\\- item"),
            ("# head_line", "\\# head\\_line"),
        ],
    )
    def test_md_shows_text_as_it_is(self, text: str, expected: str) -> None:
        assert made("md", transcript([text]), speakers=False).endswith(f"\n{expected}\n")


class TestEngine:
    @pytest.mark.parametrize("format", TEXT_FORMATS)
    def test_every_format_writes_and_takes_nothing_too(self, format: str) -> None:
        assert made(format)
        assert isinstance(made(format, transcript([])), str)

    @pytest.mark.parametrize("format", TEXT_FORMATS)
    def test_every_format_streams(self, format: str) -> None:
        read: list[int] = []

        def source() -> Iterator[Segment]:
            for index in range(20_000):
                read.append(index)
                yield Segment(
                    index * 2_000, index * 2_000 + 1_500, "Some words that are said here.", speaker=f"s{index}"
                )

        pieces = export(transcript(segments=source()), format)
        assert not read
        assert len(next(pieces)) < 40_000
        assert len(read) < 2_000

    def test_an_unknown_format_is_refused_at_once(self) -> None:
        with pytest.raises(InvalidOption) as caught:
            export(transcript(), "doc")
        assert caught.value.field == "format"
        assert "srt" in caught.value.message
