"""Segments as recognizers make them, well timed and badly."""

from __future__ import annotations

from hypothesis import strategies as st

from transcription.asr.types import Segment, Word

ARABIC = "".join(map(chr, range(0x0600, 0x0700))) + "\u0898\u08ca\u08f0\ufefb\ufdf2\u200f"
LATIN = "abcXYZ éøßŁ'’-.,!?09"
any_text = st.text(st.one_of(st.sampled_from(ARABIC), st.sampled_from(LATIN), st.characters(exclude_categories=["Cs"])))

_LETTERS = "abcdefgÉßمرحباשלום今日はхто"
plain_word = st.builds(
    str.__add__,
    st.text(st.sampled_from(_LETTERS), min_size=1, max_size=14),
    st.sampled_from(["", "", "", ",", ".", "؟"]),
)
_times = st.tuples(st.integers(-500, 20_000), st.integers(-500, 20_000))


@st.composite
def segments(draw: st.DrawFn) -> list[Segment]:
    """Up to a few dozen words by up to three speakers; every second example with times that make no sense."""
    sane, at = draw(st.booleans()), 0
    made = []
    for _ in range(draw(st.integers(0, 6))):
        words = []
        for text in draw(st.lists(plain_word, max_size=25)):
            start = at + draw(st.sampled_from([0, 0, 50, 400, 3000]))
            end = at = start + draw(st.integers(0, 1_500))
            words.append(Word(text, *((start, end) if sane else draw(_times))))
        text = " ".join(word.text for word in words)
        times = (words[0].start_ms, words[-1].end_ms) if words else (at, at)
        kept = tuple(words) if draw(st.booleans()) else ()
        made.append(Segment(*times, text, kept, draw(st.sampled_from(["s1", "s2", None]))))
    return made
