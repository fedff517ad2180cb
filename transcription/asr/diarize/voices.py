"""Voice vectors: the GE2E speaker encoder (three LSTM layers over 40 mel bands) in plain NumPy.

Source: Wan et al., "Generalized End-to-End Loss for Speaker Verification", 2018; weights by Resemblyzer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from transcription.asr.types import SAMPLE_RATE

if TYPE_CHECKING:
    from transcription.asr.diarize.checkpoint import Weights

Floats = NDArray[np.float32]

WINDOW_MS = 1_600
WINDOW_SAMPLES = WINDOW_MS * SAMPLE_RATE // 1000
FRAMES = 160
FFT, HOP, MELS = 400, 160, 40
HIDDEN, LAYERS, DIMENSIONS = 256, 3, 256
LOUDNESS_DB = -30.0
BATCH = 64


class VoiceEncoder:
    """Windows of speech to vectors of unit length; the same voice gives a small angle."""

    def __init__(self, weights: Weights) -> None:
        self._layers = [_layer(weights, index) for index in range(LAYERS)]
        self._linear = weights["linear.weight"].T, weights["linear.bias"]

    def embed(self, windows: Floats) -> Floats:
        """(n, WINDOW_SAMPLES) at 16 kHz -> (n, DIMENSIONS)."""
        batches = [windows[at : at + BATCH] for at in range(0, len(windows), BATCH)]
        return np.concatenate([self._embed(mel(even_loudness(batch))) for batch in batches])

    def _embed(self, sequence: Floats) -> Floats:
        hidden = np.zeros((len(sequence), HIDDEN), np.float32)
        for inputs, recurrent, bias in self._layers:
            sequence, hidden = _lstm(sequence @ inputs + bias, recurrent)
        matrix, bias = self._linear
        return unit(np.maximum(0, hidden @ matrix + bias))


def _layer(weights: Weights, index: int) -> tuple[Floats, Floats, Floats]:
    bias = weights[f"lstm.bias_ih_l{index}"] + weights[f"lstm.bias_hh_l{index}"]
    inputs, recurrent = weights[f"lstm.weight_ih_l{index}"].T, weights[f"lstm.weight_hh_l{index}"].T
    return np.ascontiguousarray(inputs), np.ascontiguousarray(recurrent), bias


def _lstm(inputs: Floats, recurrent: Floats) -> tuple[Floats, Floats]:
    """(n, steps, 4 * HIDDEN) already through the input weights -> all hidden states and the last one."""
    hidden = cell = np.zeros((len(inputs), HIDDEN), np.float32)
    states = np.empty((*inputs.shape[:2], HIDDEN), np.float32)
    for step in range(inputs.shape[1]):
        gates = inputs[:, step] + hidden @ recurrent
        keep_in, forget, candidate, show = np.split(gates, 4, axis=1)
        cell = _sigmoid(forget) * cell + _sigmoid(keep_in) * np.tanh(candidate)
        hidden = _sigmoid(show) * np.tanh(cell)
        states[:, step] = hidden
    return states, hidden


def _sigmoid(x: Floats) -> Floats:
    half: Floats = np.tanh(x * np.float32(0.5)) * np.float32(0.5)  # never overflows, unlike 1 / (1 + exp(-x))
    half += np.float32(0.5)
    return half


def unit(vectors: NDArray[Any]) -> Floats:
    """Rows scaled to length one; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def even_loudness(windows: Floats) -> Floats:
    """Quiet windows raised to the level the encoder was trained at; loud ones stay."""
    level = 10 * np.log10(np.mean(np.square(windows), axis=1, keepdims=True) + 1e-12)
    gain = 10 ** ((LOUDNESS_DB - level) / 20)
    raised: Floats = (windows * np.maximum(1.0, gain)).astype(np.float32)
    return raised


def mel(windows: Floats) -> Floats:
    """(n, WINDOW_SAMPLES) -> power in (n, FRAMES, MELS), centred frames as the encoder was trained with."""
    padded = np.pad(windows, ((0, 0), (FFT // 2, FFT // 2)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT, axis=1)[:, ::HOP][:, :FRAMES]
    power = np.square(np.abs(np.fft.rfft(frames * HANN, axis=2)))
    return (power @ FILTERS).astype(np.float32)


def _mel_filters() -> Floats:
    """Triangles on the Slaney mel scale with unit area, (FFT // 2 + 1, MELS)."""
    edges = _hertz(np.linspace(_mels(0.0), _mels(SAMPLE_RATE / 2), MELS + 2))
    bins = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)[:, None]
    widths = np.diff(edges)
    rising, falling = (bins - edges[:-2]) / widths[:-1], (edges[2:] - bins) / widths[1:]
    triangles = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))
    return triangles.astype(np.float32)


LINEAR_HZ, BREAK_MEL, BREAK_HZ, LOG_STEP = 200 / 3, 15.0, 1000.0, np.log(6.4) / 27


def _mels(hertz: float) -> float:
    return hertz / LINEAR_HZ if hertz < BREAK_HZ else BREAK_MEL + float(np.log(hertz / BREAK_HZ)) / LOG_STEP


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < BREAK_MEL, mels * LINEAR_HZ, BREAK_HZ * np.exp(LOG_STEP * (mels - BREAK_MEL)))


FILTERS = _mel_filters()
HANN: Floats = np.hanning(FFT + 1)[:-1].astype(np.float32)
