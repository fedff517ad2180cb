"""How loud a recording is, whether it clips, and whether its two channels are one: in one pass."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from errno import EAGAIN
from typing import cast

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from numpy.typing import NDArray

CLIPPED = 0.999  # of full scale; 16-bit clipping is 32767 / 32768, and a lossy codec moves it about
QUIETEST_LUFS = -70.0  # the absolute gate of BS.1770: below it there is no loudness to tell
ALIKE = 0.99  # squared correlation: the difference lies 20 dB below the sound
SILENT_POWER = 1e-10
STEREO = 2


@dataclass(frozen=True, slots=True)
class Levels:
    """`loudness_lufs`: integrated, EBU R128 / ITU-R BS.1770-4; None for silence or less than 400 ms.

    `peak_dbfs`: highest sample, None for digital silence. `clipped_share`: of all samples, 0 to 1.
    `dual_mono`: two channels that carry the same sound, at whatever level; splitting them would be useless.
    """

    loudness_lufs: float | None
    peak_dbfs: float | None
    clipped_share: float
    dual_mono: bool


class LevelMeter:
    """Takes blocks of shape (n,) or (channels, n), always with the same number of channels."""

    def __init__(self, channels: int = 1, sample_rate: int = 16_000) -> None:
        self._channels = channels
        self._loudness = _Loudness(channels if channels <= STEREO else 1, sample_rate)
        self._peak = 0.0
        self._clipped = 0
        self._samples = 0
        self._products = np.zeros(3)  # left x left, right x right, left x right

    def add(self, block: NDArray[np.float32]) -> None:
        block = np.atleast_2d(block)
        if block.shape[0] != self._channels:
            raise ValueError(f"{block.shape[0]} channels, not {self._channels}")
        size = np.abs(block)
        self._peak = max(self._peak, float(size.max(initial=0.0)))
        self._clipped += int(np.count_nonzero(size >= CLIPPED))
        self._samples += block.size
        if self._channels == STEREO:
            left, right = block
            self._products += (float(left @ left), float(right @ right), float(left @ right))
        self._loudness.add(block if self._channels <= STEREO else block.mean(axis=0, keepdims=True))

    def result(self) -> Levels:
        """What was measured. Ends the measurement."""
        return Levels(
            loudness_lufs=self._loudness.finish(),
            peak_dbfs=20 * math.log10(self._peak) if self._peak else None,
            clipped_share=self._clipped / self._samples if self._samples else 0.0,
            dual_mono=self._is_dual_mono(),
        )

    def _is_dual_mono(self) -> bool:
        left, right, both = self._products
        if min(left, right) <= SILENT_POWER * max(1, self._samples):
            return False
        return bool(both > 0 and both * both >= ALIKE * left * right)


class _Loudness:
    """FFmpeg's `ebur128` filter, fed with arrays; it reports the running result in the metadata of its frames."""

    def __init__(self, channels: int, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._layout = "mono" if channels == 1 else "stereo"
        self._last: deque[AudioFrame] = deque(maxlen=2)  # the very last frame may be a part and carry no result
        self._graph = Graph()
        self._graph.link_nodes(
            self._graph.add_abuffer(sample_rate=sample_rate, format="fltp", layout=self._layout),
            self._graph.add("ebur128", "metadata=1:framelog=quiet"),
            self._graph.add("abuffersink"),
        ).configure()

    def add(self, block: NDArray[np.float32]) -> None:
        if not block.shape[1]:
            return
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block, np.float32), format="fltp", layout=self._layout)
        frame.sample_rate = self._sample_rate
        self._graph.push(frame)
        self._pull()

    def finish(self) -> float | None:
        self._graph.push(None)
        self._pull()
        results = [frame.metadata["lavfi.r128.I"] for frame in self._last if "lavfi.r128.I" in frame.metadata]
        loudness = float(results[-1]) if results else QUIETEST_LUFS
        return loudness if math.isfinite(loudness) and loudness > QUIETEST_LUFS else None

    def _pull(self) -> None:
        try:
            while True:
                self._last.append(cast(AudioFrame, self._graph.pull()))
        except EOFError:
            return
        except av.error.FFmpegError as error:
            if error.errno != EAGAIN:
                raise
