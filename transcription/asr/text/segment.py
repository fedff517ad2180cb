"""Subtitles: words to cues that can be read.

Cues, and lines within a cue, are chosen by cheapest path (the idea of Knuth and Plass for paragraphs), so that a good
break later can outweigh a full line now. The defaults follow the usual television guides: 42 columns, 2 lines,
17 characters a second, 1 to 7 seconds, 2 frames between cues.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from transcription.asr.text.tokens import Token, clean, display_width, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from transcription.asr.types import Segment

# A run is closed at a sentence's end after the first number of words, and in any case after the second: memory stays
# flat, and the far end of a monologue has no say in how its start is cut.
_LONG_RUN, _LONGEST_RUN = 60, 400

# Prices of a cue, in the scale of `tokens.break_cost` (a break within a clause costs 18).
_CUE = 12
_ORPHAN = 40
_TOO_SHORT = 15
_TOO_FAST = 30
_EMPTY = 12
_UNEVEN = 30
_PAUSE_MS, _PAUSE_BONUS = 300, 8
_INSIDE_LABEL = 1_000

# Where two people talk at once, the second one's cue waits at most this long for the first to be read.
_POLITE_MS = 1_500


@dataclass(frozen=True, slots=True)
class SubtitleRules:
    """`max_chars`: columns a line; `max_cps`: characters a second; `max_pause_ms`: a longer silence ends a cue.

    Line length, number of lines and longest duration are kept, save by one word that is too long by itself. Speed and
    shortest duration are striven for by showing a cue longer; where speech leaves no room, no word is dropped for them.
    """

    max_chars: int = 42
    max_lines: int = 2
    max_cps: float = 17.0
    min_duration_ms: int = 1_000
    max_duration_ms: int = 7_000
    min_gap_ms: int = 83
    max_pause_ms: int = 1_500


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at a time. `said`: its text without the speaker's name."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speaker: str | None = None
    said: str = ""


DEFAULT = SubtitleRules()


def to_cues(
    segments: Iterable[Segment],
    rules: SubtitleRules = DEFAULT,
    *,
    labels: Mapping[str, str] | None = None,
    duration_ms: int | None = None,
) -> Iterator[Cue]:
    """Cues in order, one at a time: no overlap, starts strictly rising, every word once, one speaker each.

    `labels`: names by speaker id, written as "Name: " where another speaker begins.
    `duration_ms`: length of the recording, past which the last cue is not held.
    """
    pending: Cue | None = None
    for run in _runs(segments, rules, labels or {}):
        for tokens in _split(run, rules):
            cue = _cue(tokens, rules)
            if pending is not None:
                cue = _after(pending, cue, rules)
                yield _shown_until(pending, cue.start_ms, rules)
            pending = cue
    if pending is not None:
        end_ms = min(_wanted_end(pending, rules), duration_ms or _wanted_end(pending, rules))
        yield replace(pending, end_ms=max(end_ms, pending.start_ms + 1))


def wrap(tokens: Sequence[Token], rules: SubtitleRules = DEFAULT) -> tuple[str, ...]:
    """The lines of one cue: as few as fit, even, broken where it reads best, a lone last word only if unavoidable."""
    count = _line_count(tokens, rules.max_chars)
    # Each table tells, for the first j words in so many lines, the least cost and where the last of them begins.
    tables: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for _ in range(count):
        tables.append(_one_more_line(tokens, tables[-1], rules.max_chars))
    bounds = [len(tokens)]
    for table in reversed(tables[1:]):
        bounds.append(table[bounds[-1]][1])
    bounds.reverse()
    return tuple(_join(tokens[start:end]) for start, end in pairwise(bounds))


def _runs(segments: Iterable[Segment], rules: SubtitleRules, labels: Mapping[str, str]) -> Iterator[list[Token]]:
    """Words that may share a cue: one speaker, no long silence; of bounded length."""
    run: list[Token] = []
    named: str | None = None
    for segment in segments:
        for token in tokens_of(segment):
            if run and _parts(run, token, rules):
                yield run
                run = []
            if token.speaker != named:
                named = token.speaker
                run = _label(token, labels)
            run.append(token)
    if run:
        yield run


def _parts(run: list[Token], token: Token, rules: SubtitleRules) -> bool:
    """Whether `token` begins another run."""
    last = run[-1]
    if token.speaker != last.speaker or token.start_ms - last.end_ms > rules.max_pause_ms:
        return True
    return len(run) >= _LONGEST_RUN or (len(run) >= _LONG_RUN and last.break_cost == 0)


def _label(token: Token, labels: Mapping[str, str]) -> list[Token]:
    """The speaker's name as words before `token`."""
    names = clean(labels.get(token.speaker or "", "")).split()
    if names:
        names[-1] += ":"
    at = token.start_ms
    return [Token(name, at, at, token.speaker, False, display_width(name), _INSIDE_LABEL) for name in names]


def _said(tokens: Sequence[Token]) -> str:
    """Without the name before it: a name in another script does not turn a line around."""
    return _join([token for token in tokens if token.break_cost != _INSIDE_LABEL])


def _split(run: Sequence[Token], rules: SubtitleRules) -> Iterator[Sequence[Token]]:
    """The run cut into cues at the least total cost."""
    costs = [0.0] + [float("inf")] * len(run)
    came_from = [0] * (len(run) + 1)
    for start in range(len(run)):
        for end, width in _ends(run, start, rules):
            cost = costs[start] + _cost(run, start, end, width, rules)
            if cost < costs[end]:
                costs[end], came_from[end] = cost, start
    bounds = [len(run)]
    while bounds[-1]:
        bounds.append(came_from[bounds[-1]])
    bounds.reverse()
    for start, end in pairwise(bounds):
        yield run[start:end]


def _ends(run: Sequence[Token], start: int, rules: SubtitleRules) -> Iterator[tuple[int, int]]:
    """(end, width in columns) of every cue that may begin at `start`; always at least that of one word."""
    lines, used, width = 1, 0, 0
    for index in range(start, len(run)):
        token = run[index]
        wraps, used = _place(token, used, rules.max_chars)
        lines += wraps
        late = token.end_ms - run[start].start_ms > rules.max_duration_ms
        if index > start and (lines > rules.max_lines or late):
            return
        width += token.width + (not token.glued)
        yield index + 1, width


def _place(token: Token, used: int, max_chars: int) -> tuple[bool, int]:
    """Whether `token` needs a new line after `used` columns, and the columns used after it."""
    beside = used + (not token.glued) + token.width
    if used == 0 or beside > max_chars:
        return used > 0, token.width
    return False, beside


def _line_count(tokens: Sequence[Token], max_chars: int) -> int:
    lines, used = 1, 0
    for token in tokens:
        wraps, used = _place(token, used, max_chars)
        lines += wraps
    return lines


def _cost(run: Sequence[Token], start: int, end: int, width: int, rules: SubtitleRules) -> float:
    """Price of the cue of words `start` to `end` and of the break after it."""
    ends_run = end == len(run)
    until_ms = run[-1].end_ms + rules.min_duration_ms if ends_run else run[end].start_ms - rules.min_gap_ms
    shown_ms = max(1, min(until_ms - run[start].start_ms, rules.max_duration_ms))
    empty = 1 - min(1.0, width / (rules.max_chars * rules.max_lines))
    cost = _CUE + _EMPTY * empty**2 + _TOO_FAST * max(0.0, width * 1000 / shown_ms / rules.max_cps - 1)
    if shown_ms < rules.min_duration_ms:
        cost += _TOO_SHORT
    if end - start == 1 and len(run) > 1:
        cost += _ORPHAN
    return cost if ends_run else cost + _break(run[end - 1], run[end])


def _break(before: Token, after: Token) -> int:
    bonus = _PAUSE_BONUS if after.start_ms - before.end_ms >= _PAUSE_MS else 0
    return max(0, before.break_cost - bonus)


def _one_more_line(
    tokens: Sequence[Token], table: dict[int, tuple[float, int]], max_chars: int
) -> dict[int, tuple[float, int]]:
    best: dict[int, tuple[float, int]] = {}
    for start, (cost_before, _) in table.items():
        used = 0
        for end in range(start + 1, len(tokens) + 1):
            wraps, used = _place(tokens[end - 1], used, max_chars)
            if wraps:
                break
            cost = cost_before + _UNEVEN * (used / max_chars) ** 2
            if end < len(tokens):
                cost += tokens[end - 1].break_cost
            elif end - start == 1 and start > 0:
                cost += _ORPHAN
            if end not in best or cost < best[end][0]:
                best[end] = (cost, start)
    return best


def _join(tokens: Sequence[Token]) -> str:
    return "".join(token.text if token.glued else f" {token.text}" for token in tokens).lstrip()


def _cue(tokens: Sequence[Token], rules: SubtitleRules) -> Cue:
    """The cue as spoken: times of its words, not yet of its reading."""
    start_ms = max(0, tokens[0].start_ms)
    end_ms = min(max(token.end_ms for token in tokens), start_ms + rules.max_duration_ms)
    return Cue(start_ms, max(end_ms, start_ms + 1), wrap(tokens, rules), tokens[0].speaker, _said(tokens))


def _after(previous: Cue, cue: Cue, rules: SubtitleRules) -> Cue:
    """`cue`, moved later where it would begin before `previous` could be read: two people at once, or bad times."""
    spoken_ms = previous.end_ms - previous.start_ms
    patience_ms = cue.start_ms + _POLITE_MS - previous.start_ms
    least_ms = max(min(spoken_ms, rules.min_duration_ms), min(spoken_ms, patience_ms))
    late_ms = previous.start_ms + least_ms - cue.start_ms
    if late_ms <= 0:
        return cue
    start_ms = cue.start_ms + late_ms
    kept_ms = min(cue.end_ms - cue.start_ms, rules.min_duration_ms)
    return replace(cue, start_ms=start_ms, end_ms=max(cue.end_ms, start_ms + kept_ms))


def _wanted_end(cue: Cue, rules: SubtitleRules) -> int:
    """When the cue has been spoken and can have been read."""
    reading_ms = int(sum(map(display_width, cue.lines)) * 1000 / rules.max_cps)
    shown_ms = max(cue.end_ms - cue.start_ms, reading_ms, rules.min_duration_ms)
    return cue.start_ms + min(shown_ms, rules.max_duration_ms)


def _shown_until(cue: Cue, next_start_ms: int, rules: SubtitleRules) -> Cue:
    """`cue` shown for as long as it wants and the next one allows."""
    limit_ms = next_start_ms - rules.min_gap_ms
    # With no room for the gap, two cues touch: better than a cue that flashes by.
    if limit_ms - cue.start_ms < rules.min_gap_ms:
        limit_ms = next_start_ms
    return replace(cue, end_ms=min(_wanted_end(cue, rules), limit_ms))
