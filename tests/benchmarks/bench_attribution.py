"""Words to speakers, ours and whisperX's way: `pytest -m benchmark -s tests/benchmarks/bench_attribution.py`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest

from tests.benchmarks.measure import show
from transcription.asr.attribute import attribute, speakers_of
from transcription.asr.types import Segment, Turn, Word

pytestmark = pytest.mark.benchmark

SPEAKERS = ("S1", "S2", "S3", "S4")
TURNS, WORDS = 5_000, 100_000
ROUNDS = 5
LINE_WORDS = 20


@dataclass(frozen=True, slots=True)
class Faults:
    """What recognizers and diarizers get wrong; times are standard deviations in ms, the rest shares of turns."""

    word_ms: float = 0.0
    stretched: float = 0.0  # turns whose last word goes on over the silence behind it
    turn_ms: float = 20.0
    islands: float = 0.0  # long turns with a short piece given to somebody else
    missed: float = 0.0  # short turns that nobody noticed


FAULTS = {
    "clean": Faults(),
    "words 80 ms off": Faults(word_ms=80, turn_ms=50),
    "and last words stretched": Faults(word_ms=80, stretched=0.3, turn_ms=50),
    "and turns with islands, some missed": Faults(word_ms=80, stretched=0.3, turn_ms=100, islands=0.2, missed=0.15),
}


def conversation(random: np.random.Generator, count: int = TURNS) -> list[Turn]:
    """Turns of four people: mostly one after another with short pauses, some begin before the last has ended."""
    turns: list[Turn] = []
    at, speaker = 0, 0
    for _ in range(count):
        speaker = (speaker + int(random.integers(1, len(SPEAKERS)))) % len(SPEAKERS)
        length = int(np.clip(random.lognormal(8.6, 0.9), 400, 40_000))
        turns.append(Turn(at, at + length, SPEAKERS[speaker]))
        at += max(100, length + int(random.normal(250, 400)))
    return turns


def words_of(turns: Sequence[Turn], faults: Faults, random: np.random.Generator) -> list[Word]:
    """What a recognizer hears of the turns; each word carries who really said it."""
    found: list[Word] = []
    for turn in turns:
        own, at = [], turn.start_ms
        while at < turn.end_ms - 120:
            end = min(at + int(random.uniform(150, 500)), turn.end_ms)
            own.append(Word("word", at, end, speaker=turn.speaker))
            at = end + int(random.uniform(0, 60))
        if own and random.random() < faults.stretched:
            own[-1] = replace(own[-1], end_ms=own[-1].end_ms + int(random.uniform(500, 2_500)))
        found += own
    return [_shifted(word, faults, random) for word in sorted(found, key=lambda word: word.start_ms)]


def _shifted(word: Word, faults: Faults, random: np.random.Generator) -> Word:
    start, end = (max(0, round(at + random.normal(0, faults.word_ms))) for at in (word.start_ms, word.end_ms))
    return replace(word, start_ms=start, end_ms=max(start + 20, end))


def found_turns(turns: Sequence[Turn], faults: Faults, random: np.random.Generator) -> list[Turn]:
    """What a diarizer makes of the turns."""
    found: list[Turn] = []
    for turn in turns:
        length = turn.end_ms - turn.start_ms
        if length < 1_200 and random.random() < faults.missed:
            continue
        start, end = (max(0, round(at + random.normal(0, faults.turn_ms))) for at in (turn.start_ms, turn.end_ms))
        found.append(Turn(start, max(start + 50, end), turn.speaker))
        if length > 2_000 and random.random() < faults.islands:
            at = int(random.uniform(turn.start_ms + 300, turn.end_ms - 600))
            other = random.choice([speaker for speaker in SPEAKERS if speaker != turn.speaker])
            found.append(Turn(at, at + int(random.uniform(150, 350)), str(other)))
    return sorted(found, key=lambda turn: turn.start_ms)


def by_whisperx(words: Sequence[Word], turns: Sequence[Turn]) -> list[str | None]:
    """Its rule: whoever shares most of the word, nobody in a gap; turns that begin before its end are all looked at."""
    starts = np.array([turn.start_ms for turn in turns])
    ends = np.array([turn.end_ms for turn in turns])
    names = [turn.speaker for turn in turns]
    found: list[str | None] = []
    for word in words:
        begun = int(np.searchsorted(starts, word.end_ms))
        shared: dict[str, int] = {}
        for at in np.flatnonzero(ends[:begun] > word.start_ms):
            length = min(int(ends[at]), word.end_ms) - max(int(starts[at]), word.start_ms)
            shared[names[at]] = shared.get(names[at], 0) + length
        found.append(max(shared, key=shared.__getitem__) if shared else None)
    return found


def nameless(words: Sequence[Word]) -> list[Word]:
    return [replace(word, speaker=None) for word in words]


def wrong(words: Sequence[Word], found: Sequence[str | None]) -> tuple[float, float]:
    """The shares of words with another speaker than the real one, and with none."""
    pairs = [(word.speaker, speaker) for word, speaker in zip(words, found, strict=True)]
    missing = sum(speaker is None for _, speaker in pairs)
    return (sum(real != speaker for real, speaker in pairs) - missing) / len(pairs), missing / len(pairs)


def seconds(work: Callable[[], object]) -> float:
    """Processor time, the least of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def lines(words: Sequence[Word]) -> list[Segment]:
    edges = [*range(0, len(words), LINE_WORDS), len(words)]
    return [_line(words[a:b]) for a, b in pairwise(edges) if a < b]


def _line(words: Sequence[Word]) -> Segment:
    return Segment(words[0].start_ms, words[-1].end_ms, " ".join(word.text for word in words), tuple(words))


def test_wrong_words() -> None:
    rows = []
    for name, faults in FAULTS.items():
        random = np.random.default_rng(7)
        said = conversation(random)
        words, turns = words_of(said, faults, random), found_turns(said, faults, random)
        bare = nameless(words)
        ours, theirs = wrong(words, speakers_of(bare, turns)), wrong(words, by_whisperx(bare, turns))
        rows.append((name, f"{_shares(ours)} | {_shares(theirs)} | ratio {ours[0] / theirs[0]:.2f}"))
    show("Words with the wrong speaker, without one: ours | whisperX's way", rows)


def _shares(found: tuple[float, float]) -> str:
    return f"{found[0]:.2%}, {found[1]:.2%}"


def test_time() -> None:
    random, faults = np.random.default_rng(7), FAULTS["and turns with islands, some missed"]
    said = conversation(random)
    turns = found_turns(said, replace(faults, missed=0.0, islands=0.0), random)
    bare = nameless(words_of(said, faults, random))[:WORDS]
    made = lines(bare)
    rows = [
        ("ours, who says each word", f"{seconds(lambda: speakers_of(bare, turns)):.3f}"),
        ("ours, with lines split and words rewritten", f"{seconds(lambda: attribute(made, turns)):.3f}"),
        ("whisperX's way, who says each word", f"{seconds(lambda: by_whisperx(bare, turns)):.3f}"),
    ]
    show(f"{len(bare):,} words, {len(turns):,} turns, CPU seconds", rows)
