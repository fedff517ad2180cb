"""What an hour of sound costs: `pytest -m benchmark -s tests/benchmarks/bench_audio.py`."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

from media.audio.decode import decode, decode_stereo, write_flac
from media.audio.graph import Samples
from media.audio.levels import LevelMeter
from media.audio.peaks import PeakCollector
from media.audio.probe import probe
from media.audio.vad import speech_spans

pytestmark = pytest.mark.benchmark

DEMO = Path(__file__).parents[1] / "fixtures" / "demo" / "team-call-stereo.mp3"
HOUR_S = 3_600
RATE = 44_100


def hour_of_mp3(path: Path) -> Path:
    """The demo call again and again, as a stereo MP3 of 128 kbit/s at 44.1 kHz."""
    with av.open(str(path), mode="w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="stereo", format="fltp")
        stream.bit_rate = 128_000
        done = 0
        for block in _looped():
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, done
            container.mux(stream.encode(frame))
            done += block.shape[1]
            if done >= HOUR_S * RATE:
                break
        container.mux(stream.encode(None))
    return path


def _looped() -> Iterator[Samples]:
    while True:
        yield from decode_stereo(DEMO, 2, RATE)


def cpu_seconds(work: Callable[[], object], who: int = resource.RUSAGE_SELF) -> float:
    def spent() -> float:
        usage = resource.getrusage(who)
        return usage.ru_utime + usage.ru_stime

    before = spent()
    work()
    return spent() - before


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure_levels(flac: Path) -> None:
    meter = LevelMeter()
    for block in decode(flac):
        meter.add(block)
    meter.result()


def measure_peaks(flac: Path) -> None:
    collector = PeakCollector()
    for block in decode(flac):
        collector.add(block)
    collector.result()


def ffmpeg(mp3: Path, flac: Path) -> None:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-i",
        str(mp3),
        "-ac",
        "1",
        "-ar",
        "16000",
        "-sample_fmt",
        "s16",
        str(flac),
    ]
    subprocess.run(command, check=True)


def test_an_hour_of_mp3(tmp_path: Path) -> None:
    mp3, flac = hour_of_mp3(tmp_path / "hour.mp3"), tmp_path / "hour.flac"
    start, memory = time.monotonic(), peak_mib()
    rows = [("decode, resample, FLAC", cpu_seconds(lambda: write_flac(flac, decode(mp3))))]
    reading = cpu_seconds(lambda: sum(len(block) for block in decode(flac)))
    next(speech_spans(decode(flac)))  # loads the model
    rows += [
        ("probe", cpu_seconds(lambda: probe(mp3))),
        ("read the FLAC again", reading),
        ("speech, without reading", cpu_seconds(lambda: list(speech_spans(decode(flac)))) - reading),
        ("loudness, without reading", cpu_seconds(lambda: measure_levels(flac)) - reading),
        ("peaks, without reading", cpu_seconds(lambda: measure_peaks(flac)) - reading),
    ]
    if shutil.which("ffmpeg"):
        work = cpu_seconds(lambda: ffmpeg(mp3, tmp_path / "ffmpeg.flac"), resource.RUSAGE_CHILDREN)
        rows.append(("ffmpeg -ac 1 -ar 16000", work))
    lines = [f"{name:<28}{seconds:>8.2f} CPU s" for name, seconds in rows]
    lines.append(f"{'peak memory before, after':<28}{memory:>4} {peak_mib():>4} MiB")
    lines.append(f"{'all of it':<28}{time.monotonic() - start:>8.1f} s")
    sys.stdout.write("\nAn hour of MP3 (44.1 kHz stereo, 128 kbit/s)\n" + "\n".join(lines) + "\n")
