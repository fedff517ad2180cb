"""Why a job failed is told in the reader's language, though what is stored is an English sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from transcription.services import failures

API = Path(__file__).resolve().parents[2] / "docs" / "api.md"
STORED = "AssemblyAI refused the request (400): no such language."


def test_english_readers_read_what_is_stored() -> None:
    with override("en"):
        assert failures.in_words({"type": "engine_refused", "message": STORED}) == STORED


def test_others_read_what_it_means_and_the_reason_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(failures.MEANINGS, "engine_refused", "رفضت خدمة التعرف خيارات هذه المهمة.")
    with override("ar"):
        told = failures.in_words({"type": "engine_refused", "message": STORED})
        other = failures.in_words({"type": "of_tomorrow", "message": STORED})
    assert told == f"رفضت خدمة التعرف خيارات هذه المهمة. (\u2068{STORED}\u2069)"
    assert other == STORED


def test_a_sentence_with_a_translation_of_its_own_is_enough() -> None:
    sentence = "The embedded engine cannot translate. Choose a Whisper model for it."
    with override("ar"):
        told = failures.in_words({"type": "translation_unsupported", "message": sentence})
    assert sentence not in told


def test_the_types_are_those_of_the_docs() -> None:
    table = API.read_text().partition("### Why a job fails")[2].partition("### Warnings")[0]
    assert set(failures.MEANINGS) <= set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
