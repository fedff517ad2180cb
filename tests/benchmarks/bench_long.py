"""Four hours: `prepare`'s memory, what decoding costs: `pytest -m benchmark -s tests/benchmarks/bench_long.py`."""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

from media.audio.decode import decode, decode_stereo
from media.audio.graph import Samples
from transcription.asr import pipeline
from transcription.asr.options import Options

pytestmark = pytest.mark.benchmark

CALL = Path(__file__).parents[1] / "fixtures" / "demo" / "team-call-stereo.mp3"
RATE = 44_100
HOUR_S = 3_600
OPTIONS = Options("embedded", "tiny-en", language="en")


def long_mp3(path: Path, hours: int) -> Path:
    """The demo call again and again as a stereo MP3 of 128 kbit/s at 44.1 kHz: encoded once, its bytes repeated."""
    once = path.with_name("once.mp3")
    seconds = _encode(once) / RATE
    with path.open("wb") as file:
        for _ in range(round(hours * HOUR_S / seconds)):
            file.write(once.read_bytes())
    return path


def _encode(path: Path) -> int:
    """Without headers, which would tell the length of one round. Returns the number of samples."""
    done = 0
    with av.open(str(path), mode="w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="stereo", format="fltp")
        stream.bit_rate = 128_000
        for block in decode_stereo(CALL, 2, RATE):
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, done
            container.mux(stream.encode(frame))
            done += block.shape[1]
        container.mux(stream.encode(None))
    return done


def prepare(path: Path) -> float:
    return _hours(chunk.samples for chunk in pipeline.prepare(path, OPTIONS))


def ours(path: Path) -> float:
    return _hours(decode(path))


def theirs(path: Path) -> float:
    """How faster-whisper reads a file: whole, as one array."""
    from faster_whisper.audio import decode_audio

    return _hours([decode_audio(str(path))])


def ffmpeg(path: Path) -> float:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", "16000", "-f", "null", "-"]
    subprocess.run(command, check=True)
    return 0.0


def _hours(blocks: Iterator[Samples] | list[Samples]) -> float:
    return sum(len(block) for block in blocks) / 16_000 / HOUR_S


def measured(work: Callable[[], float]) -> str:
    """CPU seconds and the peak of memory in a process of its own; before the work, that is what importing takes."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        before, peak, spent, hours = pool.submit(_spent, work).result()
    return f"{spent:7.1f} CPU s  peak {peak:5.0f} MiB, before {before:4.0f}  {hours:.2f} h of sound"


def _spent(work: Callable[[], float]) -> tuple[float, float, float, float]:
    before = _peak_mib()
    hours = work()
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return before, _peak_mib(), sum(one.ru_utime + one.ru_stime for one in usage), hours


def _peak_mib() -> float:
    """Of this program alone: `ru_maxrss` would count what the process that started it had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def test_four_hours(tmp_path: Path) -> None:
    from tests.benchmarks.measure import show  # the processes that measure import this file, and know no Django

    one, four = long_mp3(tmp_path / "one.mp3", 1), long_mp3(tmp_path / "four.mp3", 4)
    works = [
        ("prepare, 1 hour", partial(prepare, one)),
        ("prepare, 4 hours", partial(prepare, four)),
        ("decode, 1 hour", partial(ours, one)),
        ("faster-whisper's decode, 1 hour", partial(theirs, one)),
    ]
    if shutil.which("ffmpeg"):
        works.append(("ffmpeg, 1 hour", partial(ffmpeg, one)))
    for name, work in works:
        show(f"MP3, 44.1 kHz stereo, 128 kbit/s: {name}", [("", measured(work))])
