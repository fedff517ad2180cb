import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.audio.spans import Span
from media.audio.vad import speech_spans

FRAME_MS = 32
SECOND = 16_000
# What would keep it silent anyway: the first is ours to set, and on build servers it never reports.
TELEMETRY = {"ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "TF_BUILD", "GITHUB_ACTIONS"}


def blocks(samples: NDArray[np.float32], size: int = 7_777) -> Iterator[NDArray[np.float32]]:
    return (samples[start : start + size] for start in range(0, len(samples), size))


@pytest.mark.parametrize("min_silence_ms", [100, 500, 2_000])
@pytest.mark.parametrize("min_speech_ms", [0, 400])
@pytest.mark.parametrize("pad_ms", [0, 30, 400])
def test_the_same_spans_as_the_whole_array_gives(
    min_silence_ms: int, min_speech_ms: int, pad_ms: int, meeting: NDArray[np.float32]
) -> None:
    reference = pytest.importorskip("faster_whisper.vad").get_speech_timestamps(
        meeting,
        min_silence_duration_ms=min_silence_ms,
        min_speech_duration_ms=min_speech_ms,
        speech_pad_ms=pad_ms,
    )
    found = list(
        speech_spans(blocks(meeting), min_silence_ms=min_silence_ms, min_speech_ms=min_speech_ms, pad_ms=pad_ms)
    )
    assert len(found) == len(reference) > 0
    for span, expected in zip(found, reference, strict=True):
        assert span.start_ms == pytest.approx(expected["start"] / 16, abs=FRAME_MS)
        assert span.end_ms == pytest.approx(expected["end"] / 16, abs=FRAME_MS)


def test_the_size_of_the_blocks_does_not_matter(meeting: NDArray[np.float32]) -> None:
    part = meeting[: 20 * SECOND]
    whole = list(speech_spans([part]))
    assert whole == list(speech_spans(blocks(part, 512))) == list(speech_spans(blocks(part, 161)))


def test_silence_and_nothing_hold_no_speech() -> None:
    assert list(speech_spans([np.zeros(5 * SECOND, np.float32)])) == []
    assert list(speech_spans([])) == []


def test_a_span_comes_out_before_the_stream_ends(meeting: NDArray[np.float32]) -> None:
    taken = 0

    def endless() -> Iterator[NDArray[np.float32]]:
        nonlocal taken
        while True:
            for block in blocks(np.concatenate([meeting[: 10 * SECOND], np.zeros(3 * SECOND, np.float32)]), SECOND):
                taken += 1
                yield block

    first = next(speech_spans(endless(), pad_ms=400))
    assert first.duration_ms > 0
    assert taken <= first.end_ms // 1000 + 3


def test_spans_are_in_order_apart_and_inside(meeting: NDArray[np.float32]) -> None:
    spans = list(speech_spans(blocks(meeting), min_silence_ms=100, pad_ms=400))
    edges = [edge for span in spans for edge in (span.start_ms, span.end_ms)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= len(meeting) // 16


def test_a_span_knows_its_length() -> None:
    assert Span(1_000, 1_500).duration_ms == 500


def test_the_runtime_loads_on_first_use_and_without_the_engine() -> None:
    code = (
        "import sys, numpy, media.audio.vad as vad; before = 'onnxruntime' in sys.modules;"
        "list(vad.speech_spans([numpy.zeros(16000, 'f4')]));"
        "print(before, 'onnxruntime' in sys.modules, 'ctranslate2' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "True", "False"]


def test_nobody_is_told_that_speech_is_looked_for(tmp_path: Path) -> None:
    """ONNX Runtime would report to its makers, for which it leaves a number and a queue in the cache folder."""
    code = """
import numpy as np
from media.audio.vad import speech_spans
list(speech_spans([np.zeros(64_000, np.float32)]))
"""
    clean = {name: value for name, value in os.environ.items() if name not in TELEMETRY}
    place = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"}
    subprocess.run([sys.executable, "-c", code], env={**clean, **place}, check=True)
    assert list(tmp_path.rglob("*")) == []
