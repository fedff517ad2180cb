"""AssemblyAI's engine against a server on this machine that speaks its protocol, with every way it can fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from media.audio.decode import decode, write_flac
from tests.local_server import Asked, Reply, serving
from tests.transcription.asr.conftest import DEMO
from tests.transcription.assemblyai_server import WORDS, Service, as_json
from transcription.asr import pipeline
from transcription.asr.engines.assemblyai import AssemblyAIEngine
from transcription.asr.engines.base import EngineConfig
from transcription.asr.options import DiarizationOptions, Options, VadOptions
from transcription.asr.types import Chunk, EngineError, Recognition, Span, Stopped

OPTIONS = Options("assemblyai", "assemblyai", diarization=DiarizationOptions(enabled=True))


@dataclass
class Steps:
    """What stays of a step when its worker dies: the checkpoint."""

    checkpoint: dict[str, object] | None = None
    reports: int = 0
    dies_at: int | None = None
    dies_before_saving: str | None = None

    def progress(self, done_ms: int) -> None:
        self.reports += 1
        if self.dies_at is not None and self.reports >= self.dies_at:
            raise Stopped

    def load_checkpoint(self) -> dict[str, object] | None:
        return self.checkpoint

    def save_checkpoint(self, state: dict[str, object]) -> None:
        if self.dies_before_saving in state:
            raise Stopped
        self.checkpoint = json.loads(json.dumps(state))


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as server:
        service = Service(server)
        server.answer = service.answer
        yield service


@pytest.fixture
def engine(service: Service) -> AssemblyAIEngine:
    config = EngineConfig("assemblyai", base_url=service.server.url, api_key="secret-key")
    return AssemblyAIEngine(config, poll_seconds=0.0, patience=(0.0, 0.0))


@pytest.fixture
def chunk(tmp_path: Path) -> Chunk:
    """The first three seconds of the meeting, as `prepare_whole` hands them over, one second into a recording."""
    import numpy as np

    file = tmp_path / "whole.flac"
    write_flac(file, decode(DEMO / "team-meeting.mp3", end_ms=3000))
    return Chunk(np.zeros(0, np.float32), 1000, 4000, (Span(1100, 3900),), file=file)


def test_a_recording_is_sent_once_and_heard_with_its_speakers(
    service: Service, engine: AssemblyAIEngine, chunk: Chunk
) -> None:
    heard = engine.transcribe(chunk, OPTIONS, Steps())
    assert chunk.file is not None
    assert service.uploads == [chunk.file.read_bytes()]
    assert [(s.text, s.speaker, s.start_ms, s.end_ms) for s in heard.segments] == [
        ("Hello there.", "S1", 1100, 1800),
        ("Good day.", "S2", 1900, 2500),
    ]
    assert heard.segments[0].confidence == 0.94
    assert heard.segments[1].words[1].speaker == "S2"
    assert (heard.language, heard.language_confidence) == ("en", None)


def test_the_body_is_streamed(service: Service, engine: AssemblyAIEngine, chunk: Chunk, tmp_path: Path) -> None:
    big = tmp_path / "big.flac"
    big.write_bytes(bytes(5 << 20))
    steps = Steps()
    engine.transcribe(replace(chunk, file=big), OPTIONS, steps)
    assert service.uploads == [big.read_bytes()]
    assert steps.reports >= 5, "a cancel gets a turn at every block"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (OPTIONS, {"language_detection": True, "speaker_labels": True}),
        (replace(OPTIONS, language="ar", diarization=DiarizationOptions()), {"language_code": "ar"}),
        (
            replace(OPTIONS, language="en-GB", vocabulary=("Tadwin", "one two three four five six seven")),
            {"language_code": "en", "speaker_labels": True, "keyterms_prompt": ["Tadwin"]},
        ),
        (
            replace(OPTIONS, diarization=DiarizationOptions(enabled=True, speakers=3)),
            {"language_detection": True, "speaker_labels": True, "speakers_expected": 3},
        ),
        (
            replace(OPTIONS, diarization=DiarizationOptions(enabled=True, min_speakers=2, max_speakers=4)),
            {
                "language_detection": True,
                "speaker_labels": True,
                "speaker_options": {"min_speakers_expected": 2, "max_speakers_expected": 4},
            },
        ),
        (
            replace(OPTIONS, diarization=DiarizationOptions(enabled=True, method="embedded")),
            {"language_detection": True},
        ),
    ],
)
def test_options_become_the_order(
    service: Service, engine: AssemblyAIEngine, chunk: Chunk, options: Options, expected: dict[str, Any]
) -> None:
    engine.transcribe(chunk, options, Steps())
    order = service.orders[0]
    assert order.pop("audio_url") == "https://cdn.example/upload/1"
    assert order.pop("speech_models")
    assert order == expected


def test_one_channel_of_several_has_its_speaker_already(
    service: Service, engine: AssemblyAIEngine, chunk: Chunk
) -> None:
    heard = pipeline.transcribe(replace(chunk, channel=1), engine, OPTIONS, Steps())
    assert "speaker_labels" not in service.orders[0]
    assert {segment.speaker for segment in heard.segments} == {"S2"}


def test_silence_is_not_sent(service: Service, engine: AssemblyAIEngine, chunk: Chunk) -> None:
    assert engine.transcribe(replace(chunk, speech=()), OPTIONS, Steps()) == Recognition(())
    assert not service.server.asked
    heard = engine.transcribe(replace(chunk, speech=()), replace(OPTIONS, vad=VadOptions(enabled=False)), Steps())
    assert heard.segments, "without voice detection nobody knows that it is silent"


def test_translation_is_refused_before_anything_is_sent(
    service: Service, engine: AssemblyAIEngine, chunk: Chunk
) -> None:
    with pytest.raises(EngineError) as caught:
        engine.transcribe(chunk, replace(OPTIONS, task="translate"), Steps())
    assert (caught.value.type, caught.value.retryable) == ("translation_unsupported", False)
    assert not service.server.asked


# --- A worker dies ---------------------------------------------------------------------------------------------------
def test_a_restart_while_waiting_goes_on_with_the_same_order(
    service: Service, engine: AssemblyAIEngine, chunk: Chunk
) -> None:
    service.polls_needed = 100
    steps = Steps(dies_at=10)
    with pytest.raises(Stopped):
        engine.transcribe(chunk, OPTIONS, steps)
    assert service.polls > 1, "it died while it was asking"
    service.polls_needed = 0
    heard = engine.transcribe(chunk, OPTIONS, Steps(steps.checkpoint))
    assert len(heard.segments) == 2
    assert (len(service.uploads), len(service.orders)) == (1, 1), "sent once, paid once"


def test_a_worker_that_dies_between_ordering_and_noting_it_finds_its_order(
    service: Service, engine: AssemblyAIEngine, chunk: Chunk
) -> None:
    steps = Steps(dies_before_saving="order")
    with pytest.raises(Stopped):
        engine.transcribe(chunk, OPTIONS, steps)
    assert len(service.orders) == 1
    engine.transcribe(chunk, OPTIONS, Steps(steps.checkpoint))
    assert (len(service.uploads), len(service.orders)) == (1, 1)


def test_a_worker_that_dies_before_ordering_sends_nothing_twice(
    service: Service, engine: AssemblyAIEngine, chunk: Chunk
) -> None:
    service.broken = lambda asked: as_json({}, 503) if asked.path == "/v2/transcript" else None
    steps = Steps()
    with pytest.raises(EngineError):
        engine.transcribe(chunk, OPTIONS, steps)
    service.broken = lambda _asked: None
    engine.transcribe(chunk, OPTIONS, steps)
    assert (len(service.uploads), len(service.orders)) == (1, 1)


# --- What can go wrong -----------------------------------------------------------------------------------------------
REFUSALS = [
    (401, "no such key", "engine_unauthorized", False),
    (403, "", "engine_unauthorized", False),
    (402, "", "engine_out_of_credit", False),
    (400, "Your current account balance is negative.", "engine_out_of_credit", False),
    (400, "language_code xx is not supported", "engine_refused", False),
    (413, "", "audio_too_large", False),
    (429, "Too many requests", "engine_rate_limited", True),
    (500, "", "engine_unavailable", True),
    (502, "", "engine_unavailable", True),
    (302, "", "engine_refused", False),
]


@pytest.mark.parametrize("path", ["/v2/upload", "/v2/transcript", "/v2/transcript/order-1"])
@pytest.mark.parametrize(("status", "reason", "type", "retryable"), REFUSALS)
def test_refusals_are_typed(
    service: Service,
    engine: AssemblyAIEngine,
    chunk: Chunk,
    path: str,
    status: int,
    reason: str,
    type: str,
    retryable: bool,
) -> None:
    elsewhere = f"{service.server.url}/elsewhere"
    service.broken = lambda asked: (
        as_json({"error": reason}, status, Location=elsewhere) if asked.path == path else None
    )
    with pytest.raises(EngineError) as caught:
        engine.transcribe(chunk, OPTIONS, Steps())
    assert (caught.value.type, caught.value.retryable) == (type, retryable)
    assert "secret-key" not in caught.value.message
    assert all(asked.path != "/elsewhere" for asked in service.server.asked), "the key follows no redirect"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"\xff\xfe"])
def test_nonsense_is_tried_again(service: Service, engine: AssemblyAIEngine, chunk: Chunk, body: bytes) -> None:
    service.broken = lambda _asked: Reply(200, body)
    with pytest.raises(EngineError) as caught:
        engine.transcribe(chunk, OPTIONS, Steps())
    assert (caught.value.type, caught.value.retryable) == ("engine_unavailable", True)


def test_a_transcript_that_cannot_be_read(service: Service, engine: AssemblyAIEngine, chunk: Chunk) -> None:
    service.ended = {"status": "completed", "words": [{"text": "no times"}]}
    with pytest.raises(EngineError) as caught:
        engine.transcribe(chunk, OPTIONS, Steps())
    assert (caught.value.type, caught.value.retryable) == ("engine_unavailable", True)


def test_passing_trouble_while_waiting_is_waited_out(service: Service, engine: AssemblyAIEngine, chunk: Chunk) -> None:
    troubles = [as_json({}, 500), as_json({}, 429)]
    service.broken = lambda asked: troubles.pop() if asked.path.endswith("order-1") and troubles else None
    assert engine.transcribe(chunk, OPTIONS, Steps()).segments


def test_a_service_that_hangs(service: Service, engine: AssemblyAIEngine, chunk: Chunk) -> None:
    engine._client._http.timeout = 0.2

    def hang(_asked: Asked) -> None:
        service.server.wait()

    service.broken = hang
    with pytest.raises(EngineError) as caught:
        engine.transcribe(chunk, OPTIONS, Steps())
    assert (caught.value.type, caught.value.retryable) == ("engine_timeout", True)


def test_a_service_that_is_not_there(chunk: Chunk) -> None:
    engine = AssemblyAIEngine(EngineConfig("assemblyai", base_url="http://127.0.0.1:9", api_key="k"))
    with pytest.raises(EngineError) as caught:
        engine.transcribe(chunk, OPTIONS, Steps())
    assert (caught.value.type, caught.value.retryable) == ("engine_unreachable", True)


@pytest.mark.parametrize(
    ("reason", "type", "retryable"),
    [
        ("Transcoding failed. File does not appear to contain audio.", "audio_refused", False),
        ("Audio duration is too short.", "audio_refused", False),
        ("Download error, unable to download the audio", "engine_failed", True),
        ("Internal server error", "engine_failed", True),
        ("", "engine_failed", True),
    ],
)
def test_orders_that_fail_there(
    service: Service, engine: AssemblyAIEngine, chunk: Chunk, reason: str, type: str, retryable: bool
) -> None:
    service.ended = {"status": "error", "error": reason}
    steps = Steps()
    with pytest.raises(EngineError) as caught:
        engine.transcribe(chunk, OPTIONS, steps)
    assert (caught.value.type, caught.value.retryable) == (type, retryable)
    service.ended = {"status": "completed", "words": WORDS}
    assert engine.transcribe(chunk, OPTIONS, steps).segments, "the next attempt orders anew"


def test_no_spoken_audio_is_an_empty_transcript(service: Service, engine: AssemblyAIEngine, chunk: Chunk) -> None:
    reason = "language_detection cannot be performed on files with no spoken audio."
    service.ended = {"status": "error", "error": reason}
    assert engine.transcribe(chunk, OPTIONS, Steps()).segments == ()


def test_an_engine_without_a_key() -> None:
    with pytest.raises(EngineError) as caught:
        AssemblyAIEngine(EngineConfig("assemblyai"))
    assert caught.value.type == "engine_unauthorized"


def test_the_key_is_in_no_repr() -> None:
    assert "secret" not in repr(EngineConfig("assemblyai", api_key="secret"))


# --- The recording as one chunk --------------------------------------------------------------------------------------
def test_a_recording_is_prepared_whole(tmp_path: Path) -> None:
    import numpy as np

    [whole] = pipeline.prepare_whole(DEMO / "team-meeting.mp3", OPTIONS, folder=tmp_path)
    assert whole.file is not None
    assert len(whole.samples) == 0
    cut = list(pipeline.prepare(DEMO / "team-meeting.mp3", OPTIONS, chunk_ms=10_000))
    assert (whole.start_ms, whole.end_ms) == (0, cut[-1].end_ms)
    sound = np.concatenate(list(decode(whole.file)))
    assert np.abs(sound - np.concatenate([part.samples for part in cut])).max() < 1e-4
    assert sum(span.duration_ms for span in whole.speech) > 40_000


def test_a_stereo_recording_is_prepared_channel_by_channel(tmp_path: Path) -> None:
    options = replace(OPTIONS, channels="split")
    wholes = list(pipeline.prepare_whole(DEMO / "team-call-stereo.mp3", options, folder=tmp_path))
    assert [whole.channel for whole in wholes] == [0, 1]
    assert len({whole.file for whole in wholes}) == 2
