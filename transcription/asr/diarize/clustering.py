"""How many voices, and which window belongs to which: eigengap for the count, spherical k-means, merging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcription.asr.diarize.voices import Floats, unit

MOST_VOICES = 8
MERGE_COSINE = 0.88
NEIGHBOUR_SHARE = 0.15
FEWEST_NEIGHBOURS = 6
MOST_FOR_COUNT = 1_000  # eigenvalues cost the cube of this
MOST_FOR_MEANS = 8_000
TRIES = 8
ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Voices:
    """`labels`: (n,) voice of each window. `centers`: (voices, dimensions), unit length."""

    labels: NDArray[np.int64]
    centers: Floats


def cluster(vectors: Floats, *, fewest: int = 1, most: int = MOST_VOICES) -> Voices:
    """Group unit vectors (n, dimensions), n at least 1, into `fewest` to `most` voices (fewer only if n is)."""
    fewest, most = min(fewest, len(vectors)), min(max(most, fewest), len(vectors))
    sample = thinned(vectors, MOST_FOR_MEANS)
    wanted = fewest if fewest == most else min(most, max(fewest, count_voices(thinned(vectors, MOST_FOR_COUNT), most)))
    centers = merge(sample, k_means(sample, wanted), fewest)
    return Voices((vectors @ centers.T).argmax(axis=1), centers)


def thinned(vectors: Floats, most: int) -> Floats:
    """At most that many rows, evenly picked."""
    if len(vectors) <= most:
        return vectors
    picked: Floats = vectors[np.linspace(0, len(vectors) - 1, most).astype(int)]
    return picked


def count_voices(vectors: Floats, most: int) -> int:
    """The largest gap among the smallest eigenvalues of the neighbours' graph, 1 to `most`.

    Source: von Luxburg, "A Tutorial on Spectral Clustering", 2007, section 8.3.
    """
    alike = vectors @ vectors.T
    neighbours = min(len(alike), max(FEWEST_NEIGHBOURS, int(NEIGHBOUR_SHARE * len(alike))))
    graph = np.zeros(alike.shape)
    nearest = np.argpartition(-alike, neighbours - 1, axis=1)[:, :neighbours]
    np.put_along_axis(graph, nearest, 1.0, axis=1)
    graph = (graph + graph.T) / 2
    eigenvalues = np.linalg.eigvalsh(np.diag(graph.sum(axis=1)) - graph)[: most + 1]
    return int(np.diff(eigenvalues).argmax()) + 1 if len(eigenvalues) > 1 else 1


def k_means(vectors: Floats, count: int) -> Floats:
    """Centers (count, dimensions) of the best of several starts; the same for the same input."""
    random = np.random.default_rng(0)
    found = [_settle(vectors, vectors[random.choice(len(vectors), count, replace=False)]) for _ in range(TRIES)]
    return max(found, key=lambda centers: float((vectors @ centers.T).max(axis=1).sum()))


def _settle(vectors: Floats, centers: Floats) -> Floats:
    labels = np.full(len(vectors), -1)
    for _ in range(ROUNDS):
        nearest = (vectors @ centers.T).argmax(axis=1)
        if (nearest == labels).all():
            break
        labels = nearest
        centers = _centers(vectors, labels, centers)
    return centers


def _centers(vectors: Floats, labels: NDArray[np.int64], before: Floats) -> Floats:
    members = labels[None, :] == np.arange(len(before))[:, None]
    sums = members.astype(np.float32) @ vectors
    return unit(np.where(members.any(axis=1, keepdims=True), sums, before))


def merge(vectors: Floats, centers: Floats, fewest: int) -> Floats:
    """Join voices that are too alike to be two people, down to `fewest`."""
    while len(centers) > fewest:
        alike = centers @ centers.T - 2 * np.eye(len(centers))
        first, second = sorted(np.unravel_index(alike.argmax(), alike.shape))
        if alike[first, second] < MERGE_COSINE:
            break
        labels = (vectors @ centers.T).argmax(axis=1)
        labels[labels == second] = first
        kept = np.delete(np.arange(len(centers)), second)
        centers = _centers(vectors, np.searchsorted(kept, labels), centers[kept])
    return centers
