"""The quality report of a recording: by the API and on its page, on sound whose faults were put in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from numpy.typing import NDArray

from accounts.models import User
from media.audio.decode import decode
from media.models import Recording
from organizations.models import Organization
from tests.media.audio.makers import DEMO, tone, wav
from tests.media.conftest import Uploader

pytestmark = pytest.mark.django_db

SECOND = 16_000
Samples = NDArray[np.float32]
Report = Callable[[Samples], dict[str, Any]]


@pytest.fixture(scope="module")
def voices() -> Samples:
    return np.concatenate(list(decode(DEMO / "team-meeting.mp3", end_ms=15_000)))


@pytest.fixture
def report(uploader: Callable[[User], Uploader], bob: User, tmp_path: Path) -> Report:
    """The report of a file with these samples, uploaded and examined."""

    def examine(samples: Samples) -> dict[str, Any]:
        medium = uploader(bob).upload(wav(tmp_path / "a.wav", np.clip(samples, -1, 1)).read_bytes(), "a.wav")
        assert medium["status"] == "ready", medium
        found: dict[str, Any] = medium["metadata"]["quality"]
        return found

    return examine


def kinds(found: dict[str, Any]) -> list[str]:
    assert all(warning["message"].endswith(".") for warning in found["warnings"])
    return [warning["type"] for warning in found["warnings"]]


def test_a_good_recording_has_no_warnings(report: Report, voices: Samples) -> None:
    found = report(voices)
    assert kinds(found) == []
    assert -24 < found["loudness_lufs"] < -16
    assert 0.6 < found["speech_share"] <= 1
    assert found["snr_db"] > 30


def test_silence(report: Report) -> None:
    found = report(np.zeros(5 * SECOND, np.float32))
    assert kinds(found) == ["silent"]
    assert (found["loudness_lufs"], found["snr_db"], found["speech_share"]) == (None, None, 0.0)


def test_sound_in_which_nobody_speaks(report: Report) -> None:
    assert kinds(report(tone(5.0, SECOND, 440, 0.1))) == ["no_speech"]


def test_overdriven(report: Report, voices: Samples) -> None:
    found = report(voices * 8)
    assert "clipping" in kinds(found)
    assert found["clipped_share"] > 0.01


@pytest.mark.parametrize(("snr", "expected"), [(5, ["noisy"]), (20, [])])
def test_noise(snr: int, expected: list[str], report: Report, voices: Samples) -> None:
    level = np.sqrt(np.mean(np.square(voices)) / 10 ** (snr / 10))
    found = report(voices * 0.5 + level * 0.5 * np.random.default_rng(5).standard_normal(len(voices)))
    assert kinds(found) == expected
    assert found["snr_db"] == pytest.approx(snr, abs=3)


def test_quiet(report: Report, voices: Samples) -> None:
    assert kinds(report(voices * 0.05)) == ["quiet"]


def test_both_channels_alike(report: Report, voices: Samples) -> None:
    found = report(np.stack([voices, 0.7 * voices]))
    assert (kinds(found), found["dual_mono"]) == (["dual_mono"], True)
    assert kinds(report(np.stack([voices, np.roll(voices, 3 * SECOND)]))) == []


def test_the_page_says_the_same_in_words(
    report: Report, voices: Samples, organization: Organization, bob: User, client_for: Callable[[User], Client]
) -> None:
    level = np.sqrt(np.mean(np.square(voices)) / 2)
    report(0.5 * (voices + level * np.random.default_rng(5).standard_normal(len(voices))))
    recording = Recording.objects.get()
    page = client_for(bob).get(f"/o/{organization.slug}/recordings/{recording.pk}").content.decode()
    assert "There is much noise behind the voices" in page
    assert "3 dB" in page
    assert "LUFS" in page
    assert "Voices above noise" in page
    assert "Overdriven" not in page


def test_a_report_of_before_is_shown_as_it_is(
    report: Report, voices: Samples, organization: Organization, bob: User, client_for: Callable[[User], Client]
) -> None:
    """Recordings that were examined by an older version have no figures of speech."""
    report(voices)
    recording = Recording.objects.get()
    for name in ("snr_db", "speech_share"):
        del recording.metadata["quality"][name]
    recording.save(update_fields=["metadata"])
    page = client_for(bob).get(f"/o/{organization.slug}/recordings/{recording.pk}").content.decode()
    assert "LUFS" in page
    assert "Voices above noise" not in page
