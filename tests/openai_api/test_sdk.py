"""The `openai` package, as everybody installs it, against a real server and a real worker."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import openai
import pytest
import srt
import webvtt
from openai import OpenAI

from billing.models import Account, UsageEntry
from media.models import Recording
from media.storage import MediaStorage
from organizations.models import Organization
from tests.openai_api.conftest import SCRIPT
from tests.workers import Worker
from transcription.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


def script(text: str = SCRIPT) -> tuple[str, bytes]:
    """A text file, which the fake engine reads out."""
    return "meeting.txt", text.encode()


def test_every_format(client: OpenAI, worker: Worker) -> None:
    transcriptions = client.audio.transcriptions
    plain = transcriptions.create(file=script(), model="whisper-1")
    assert plain.text == SCRIPT
    assert plain.usage is not None
    assert plain.usage.type == "duration"

    assert transcriptions.create(file=script(), model="whisper-1", response_format="text") == f"{SCRIPT}\n"

    cues = list(srt.parse(transcriptions.create(file=script(), model="whisper-1", response_format="srt")))
    assert " ".join(cue.content.replace("\n", " ") for cue in cues) == SCRIPT

    text = transcriptions.create(file=script(), model="whisper-1", response_format="vtt")
    captions = webvtt.from_buffer(io.StringIO(text)).captions
    assert " ".join(caption.text.replace("\n", " ") for caption in captions) == SCRIPT
    assert "<v" not in text

    verbose = transcriptions.create(file=script(), model="whisper-1", response_format="verbose_json", language="en")
    assert (verbose.text, verbose.language, verbose.duration) == (SCRIPT, "english", 6.0)
    assert verbose.words is None
    assert [segment.text for segment in verbose.segments or []] == [f"{part}." for part in SCRIPT[:-1].split(". ")]
    assert all(segment.start < segment.end for segment in verbose.segments or [])


@pytest.mark.slow
def test_timestamp_granularities(client: OpenAI, worker: Worker) -> None:
    wanted: list[list[Any]] = [["word"], ["segment"], ["word", "segment"]]
    for granularities in wanted:
        verbose = client.audio.transcriptions.create(
            file=script(), model="whisper-1", response_format="verbose_json", timestamp_granularities=granularities
        )
        assert (verbose.words is not None) == ("word" in granularities)
        assert (verbose.segments is not None) == ("segment" in granularities)
        words = verbose.words or []
        assert not words or " ".join(word.word for word in words) == SCRIPT
        assert all(a.end <= b.start for a, b in pairwise(words))


@pytest.mark.slow
def test_options_reach_the_job(client: OpenAI, worker: Worker, organization: Organization) -> None:
    client.audio.transcriptions.create(
        file=script(), model="gpt-4o-transcribe", language="ar", prompt="Names: Zaynab.", temperature=0.3
    )
    job = Job.objects.get(organization=organization)
    assert job.options["language"] == "ar"
    assert job.options["initial_prompt"] == "Names: Zaynab."
    assert job.options["temperature"] == [0.3]
    assert job.options["diarization"]["enabled"] is False
    entry = UsageEntry.objects.get(organization=organization)
    assert (entry.status, entry.used_seconds, entry.api_key) == ("settled", 6, job.api_key_id)


@pytest.mark.slow
def test_a_translation_is_english(client: OpenAI, worker: Worker, organization: Organization) -> None:
    verbose = client.audio.translations.create(file=script(), model="whisper-1", response_format="verbose_json")
    assert verbose.language == "english"
    assert Job.objects.get(organization=organization).options["task"] == "translate"
    assert client.audio.translations.create(file=script(), model="whisper-1").text == SCRIPT


def test_streaming(client: OpenAI, worker: Worker) -> None:
    events = list(client.audio.transcriptions.create(file=script(), model="gpt-4o-transcribe", stream=True))
    assert {event.type for event in events} == {"transcript.text.delta", "transcript.text.done"}
    *deltas, done = events
    assert done.type == "transcript.text.done"
    assert done.text == SCRIPT
    assert "".join(event.delta for event in deltas if event.type == "transcript.text.delta") == SCRIPT


def test_models(client: OpenAI, organization: Organization) -> None:
    names = [model.id for model in client.models.list()]
    assert {"whisper-1", "gpt-4o-transcribe", "large-v3", "fake"} <= set(names)
    assert client.models.retrieve("large-v3").id == "large-v3"
    assert client.models.retrieve("gpt-4o-mini-transcribe-2025-12-15").object == "model"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-5")
    assert caught.value.code == "model_not_found"


def test_unknown_models_are_not_found(client: OpenAI, media_storage: MediaStorage) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.audio.transcriptions.create(file=script(), model="gpt-5")
    assert (caught.value.code, caught.value.type) == ("model_not_found", "invalid_request_error")
    assert not Recording.objects.exists()


def test_a_file_that_is_no_sound_is_a_bad_request(client: OpenAI, worker: Worker) -> None:
    # At once or in the stream: the worker may have looked at the file before the stream begins.
    with pytest.raises(openai.APIError, match="not an audio or video file"):
        list(client.audio.transcriptions.create(file=("a.mp3", b"no sound"), model="whisper-1", stream=True))
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(file=("a.mp3", b"no sound"), model="whisper-1")
    assert caught.value.code == "not_media"
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(file=("a.mp3", b""), model="whisper-1")
    assert caught.value.code == "empty_audio"


def test_wrong_keys_are_authentication_errors(client: OpenAI, organization: Organization) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        client.with_options(api_key="tdw_nothing").models.list()
    assert caught.value.code == "invalid_api_key"


@pytest.mark.slow
def test_over_quota_is_what_their_clients_know_and_is_not_tried_again(
    client: OpenAI, worker: Worker, organization: Organization
) -> None:
    Account.objects.update_or_create(organization=organization, defaults={"included_seconds": 1})
    with pytest.raises(openai.RateLimitError) as caught:
        client.with_options(max_retries=2).audio.transcriptions.create(file=script(), model="whisper-1")
    assert caught.value.code == "insufficient_quota"
    assert Job.objects.count() == 1
