"""What workers do: real audio through the real pipeline, with the fake engine in the place of a model."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from unittest.mock import ANY

import orjson
import pytest

from config.common import shutdown
from media.storage import MediaStorage
from organizations.models import Organization
from tests.transcription.builders import make_job, make_recording, tone
from transcription import dispatch, lifecycle, runner
from transcription.asr import serial
from transcription.models import Job, Segment, Step
from transcription.states import JobStatus, StepStatus

pytestmark = pytest.mark.django_db


def run_all(*queues: str) -> int:
    """Work until there is nothing left to do; how many steps that were."""
    total = 0
    while count := sum(runner.work(queue, worker="test") for queue in queues or ("default", "diarize")):
        total += count
    return total


def short_job(organization: Organization, **fields: Any) -> Job:
    recording = make_recording(organization, audio=tone(3), duration_ms=3000)
    return make_job(organization, recording=recording, **fields)


def test_a_short_file_is_one_hop_without_chunk_objects(organization: Organization, media_storage: MediaStorage) -> None:
    job = short_job(organization)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "vad": {"enabled": False, "min_silence_ms": 500}})
    assert runner.work("default", worker="test") == 3, "prepare, transcribe and assemble in one go"
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    names = {item.key.rsplit("/", 1)[1] for item in media_storage.list_prefix(job.prefix)}
    assert names == {"recognition.json", "result.json"}
    lines = list(Segment.objects.filter(transcript__job=job))
    assert lines
    assert all(line.search_text == line.text.lower().strip(".?!") or line.search_text for line in lines)


def test_the_machines_result_says_the_same_as_the_rows(organization: Organization, media_storage: MediaStorage) -> None:
    job = short_job(organization)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "vad": {"enabled": False, "min_silence_ms": 500}})
    run_all()
    transcript = job.transcript
    result = serial.result_from_json(orjson.loads(media_storage.read_bytes(transcript.result_key)))
    rows = list(transcript.segments.order_by("position"))
    assert [segment.text for segment in result.segments] == [row.text for row in rows]
    assert transcript.provenance == {"engine": "fake", "model": "fake", "job": str(job.pk), "tadwin": ANY}


def test_what_was_done_to_the_sound_is_said_and_done(organization: Organization, media_storage: MediaStorage) -> None:
    job = short_job(organization)
    plain = {**job.options, "vad": {"enabled": False, "min_silence_ms": 500}}
    Job.objects.filter(pk=job.pk).update(options={**plain, "enhance": ["loudness", "highpass"]})
    run_all()
    said = Job.objects.get(pk=job.pk).transcript.provenance["enhance"]
    assert said["loudness"] == ["dynaudnorm=f=500:g=15:p=0.9:m=100:r=0.2"]
    assert {step.split("=")[0] for step in said["highpass"]} == {"highpass"}
    assert "denoise" not in said


def test_silence_completes_with_a_warning(organization: Organization, media_storage: MediaStorage) -> None:
    job = short_job(organization)
    run_all()
    job.refresh_from_db()
    assert (job.status, job.transcript.segment_count) == (JobStatus.COMPLETED, 0)
    assert [warning["type"] for warning in job.warnings] == ["no_speech"]


@pytest.fixture
def long_job(organization: Organization, media_storage: MediaStorage, settings: Any) -> Job:
    """26 s of sound cut into chunks of at most 10 s."""
    settings.ASR_CHUNK_SECONDS = 10
    recording = make_recording(organization, audio=tone(26, pause_every=8), duration_ms=26_000)
    job = make_job(organization, recording=recording)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "vad": {"enabled": False, "min_silence_ms": 500}})
    job.refresh_from_db()
    return job


def test_a_long_recording_is_cut_into_chunks_for_many_workers(long_job: Job, media_storage: MediaStorage) -> None:
    lease = dispatch.claim("default", worker="one")
    assert lease is not None
    from transcription.runner.attempt import Attempt
    from transcription.runner.steps import prepare
    from transcription.runner.workspace import Workspace

    lifecycle.start(lease)
    with Workspace() as workspace, Attempt(lease, workspace) as attempt:
        prepare(attempt)
    chunks = list(Step.objects.filter(job=long_job, kind="transcribe").order_by("index"))
    assert (chunks[0].input["start_ms"], chunks[-1].input["end_ms"]) == (0, 26_000)
    assert all(a.input["end_ms"] == b.input["start_ms"] for a, b in pairwise(chunks))
    assert all(media_storage.exists(chunk.input["key"]) for chunk in chunks)
    assert {chunk.status for chunk in chunks} == {StepStatus.RUNNABLE}
    run_all()
    long_job.refresh_from_db()
    assert long_job.status == JobStatus.COMPLETED
    assert long_job.transcript.segment_count > 0


def test_a_finished_chunk_is_not_done_again_after_a_crash(long_job: Job) -> None:
    run_all()
    before = dict(Step.objects.filter(job=long_job, kind="transcribe").values_list("index", "attempt"))
    Step.objects.filter(job=long_job, kind="transcribe", index=1).update(status=StepStatus.RUNNABLE)
    Step.objects.filter(job=long_job, kind="assemble").delete()
    Job.objects.filter(pk=long_job.pk).update(status=JobStatus.PROCESSING)
    long_job.transcript.delete()
    run_all()
    after = dict(Step.objects.filter(job=long_job, kind="transcribe").values_list("index", "attempt"))
    assert after == {**before, 1: before[1] + 1}


def test_a_stopping_worker_hands_its_step_back(long_job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        shutdown.request()
        assert runner.work("default", worker="stopping") == 0, "it takes nothing new"
        lease = dispatch.claim("default", worker="stopping")
        assert lease is not None
        from transcription.runner.loop import _run
        from transcription.runner.workspace import Workspace

        with Workspace() as workspace:
            _run(lease, workspace)
    finally:
        shutdown.clear()
    step = Step.objects.get(job=long_job, kind="prepare")
    assert (step.status, step.errors, step.lost_leases) == (StepStatus.RUNNABLE, 0, 0)
    run_all()
    long_job.refresh_from_db()
    assert long_job.status == JobStatus.COMPLETED


def test_a_missing_file_fails_with_what_to_do(organization: Organization, media_storage: MediaStorage) -> None:
    job = make_job(organization)
    run_all()
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert job.error == {"type": "recording_missing", "message": ANY, "stage": "prepare", "retryable": False}


def test_an_unknown_error_is_told_without_details(
    organization: Organization, media_storage: MediaStorage, settings: Any
) -> None:
    settings.STEP_RETRY_POLICIES = {"default": "1:0:0"}
    job = short_job(organization)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "nonsense": 1})
    run_all()
    job.refresh_from_db()
    error = job.error or {}
    assert (job.status, error["type"]) == (JobStatus.FAILED, "internal_error")
    assert "nonsense" not in error["message"]


def test_only_the_asked_part_is_transcribed(organization: Organization, media_storage: MediaStorage) -> None:
    recording = make_recording(organization, audio=tone(10), duration_ms=10_000)
    job = make_job(organization, recording=recording)
    options = {**job.options, "start_ms": 2000, "end_ms": 6000, "vad": {"enabled": False, "min_silence_ms": 500}}
    Job.objects.filter(pk=job.pk).update(options=options)
    run_all()
    lines = Segment.objects.filter(transcript__job=job)
    assert lines.exists()
    assert all(2000 <= line.start_ms <= line.end_ms <= 6000 for line in lines)


def test_a_task_that_worked_for_long_leaves_the_rest_to_another(long_job: Job, settings: Any) -> None:
    """The limit of a task is meant for one step, and must not run out in the middle of the tenth."""
    settings.STEP_SOFT_TIME_LIMIT = 0
    assert runner.work("default", worker="test") == 1
    assert run_all() > 1
    long_job.refresh_from_db()
    assert long_job.status == JobStatus.COMPLETED
