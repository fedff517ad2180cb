"""`manage.py evaluate`: one table over a folder."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from transcription.asr import pipeline
from transcription.asr.types import Result
from transcription.runner.evaluation import ManifestError, read_manifest

FIXTURES = Path(__file__).parents[1] / "fixtures"


def write(folder: Path, rows: object) -> None:
    (folder / "manifest.json").write_text(json.dumps(rows), encoding="utf-8")


def table(folder: Path, *arguments: str) -> dict[str, list[str]]:
    lines = told(str(folder), *arguments).splitlines()
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if "|" in line]
    return {row[0]: row[1:] for row in rows}


def test_words_speakers_channels_and_broken_files(tmp_path: Path) -> None:
    (tmp_path / "said.txt").write_text("Good morning all. One two three.", encoding="utf-8")
    (tmp_path / "said.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nGood evening all. 1 2 3.\n")
    (tmp_path / "broken.mp3").write_bytes(bytes(range(256)))
    (tmp_path / "turns.rttm").write_text("SPEAKER said 1 0.0 1.2 <NA> <NA> ann <NA> <NA>\n")
    shutil.copy(FIXTURES / "whisper-espeak-samples" / "silence.wav", tmp_path / "silence.wav")
    write(
        tmp_path,
        [
            {"file": "said.txt", "language": "en", "reference_file": "said.srt", "rttm": "turns.rttm", "speakers": 1},
            {"file": "broken.mp3", "language": None, "kind": "edge"},
            {"file": "silence.wav", "kind": "edge"},
            {"file": "gone.wav", "language": "en"},
        ],
    )
    found = table(tmp_path, "--engine", "fake")
    assert found["said.txt"][:5] == ["fake · fake", "en", "real", "6", "16.7%"], (
        "one word of six, digits folded to words"
    )
    assert found["said.txt"][7].endswith("%")
    assert found["broken.mp3"][-1] == "not_media"
    assert found["silence.wav"][-1] == "no_speech"
    assert found["gone.wav"][-1] == "missing"
    assert found["1 file"][:4] == ["fake · fake", "en", "all real", "6"]
    assert table(tmp_path, "--engine", "fake", "--digits", "--only", "said")["said.txt"][4] == "66.7%"


@pytest.mark.parametrize("bare", ["--bare", "--bare=engine"])
def test_the_engine_alone_beside_the_pipeline(bare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine alone hears it all; the pipeline is made to lose its last words, and the table says so."""
    (tmp_path / "said.txt").write_text("Good morning all. One two three.", encoding="utf-8")
    write(tmp_path, [{"file": "said.txt", "language": "en", "reference": "Good morning all. 1 2 3."}])
    arguments = (str(tmp_path), "--engine", "fake", bare)
    assert told(*arguments).endswith("Worse than the bare engine: none of 1.\n")
    whole = pipeline.assemble
    monkeypatch.setattr(pipeline, "assemble", lambda *given, **named: _shortened(whole(*given, **named)))
    text = told(*arguments)
    assert text.endswith("Worse than the bare engine: said.txt (fake · fake) of 1.\n")
    assert "| 6 | 50.0% | 0.0% |" in text


def _shortened(result: Result) -> Result:
    return replace(result, segments=(replace(result.segments[0], text="Good morning all."),))


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("evaluate", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_same_measure_as_for_whisper_by_language(tmp_path: Path) -> None:
    source = FIXTURES / "demo" / "team-meeting.mp3"
    shutil.copy(source, tmp_path / "meeting.mp3")
    write(tmp_path, [{"file": "meeting.mp3", "language": "ar", "reference": "مرحبا"}])
    assert table(tmp_path, "--engine", "embedded")["meeting.mp3"][-1] == "language_unsupported"


@pytest.mark.parametrize(
    "rows",
    [{"file": 1}, [{"language": "en"}], [{"file": "../outside.wav"}], [{"file": "a.wav", "rttm": "missing.rttm"}], 3],
)
def test_a_broken_manifest_is_told(tmp_path: Path, rows: object) -> None:
    write(tmp_path, rows)
    with pytest.raises(ManifestError):
        read_manifest(tmp_path)
    with pytest.raises(CommandError):
        call_command("evaluate", str(tmp_path), "--engine", "fake", stderr=StringIO())


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"manifest\.json could not be read"):
        call_command("evaluate", str(tmp_path), stderr=StringIO())
