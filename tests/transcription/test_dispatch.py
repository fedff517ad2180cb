"""Who gets the next step: fair between organizations, exact about limits, never the same step twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from billing.models import Account
from config.common import liveness
from organizations.models import Organization
from tests.transcription.builders import make_job, make_recording
from transcription import dispatch, lifecycle
from transcription.models import Job, Step
from transcription.states import JobStatus, Priority, StepKind


@pytest.mark.django_db
def test_one_tenants_thousand_files_do_not_delay_anothers_one(
    organization: Organization, other_organization: Organization
) -> None:
    many = make_recording(organization)
    for _ in range(20):
        make_job(organization, recording=many)
    single = make_job(other_organization)
    claimed = [dispatch.claim("default", worker="w") for _ in range(2)]
    assert [lease and lease.organization_id for lease in claimed] == [organization.pk, other_organization.pk]
    assert claimed[1] is not None
    assert claimed[1].job_id == single.pk


@pytest.mark.django_db
def test_then_priority_then_age(organization: Organization) -> None:
    recording = make_recording(organization)
    jobs = [
        make_job(organization, recording=recording, priority=p) for p in (Priority.NORMAL, Priority.LOW, Priority.HIGH)
    ]
    order = []
    while (lease := dispatch.claim("default", worker="w")) is not None:
        order.append(lease.job_id)
    assert order == [jobs[2].pk, jobs[0].pk, jobs[1].pk]


@pytest.mark.django_db
def test_a_worker_gets_only_steps_of_its_queue(organization: Organization) -> None:
    make_job(organization, queue="large")
    assert dispatch.claim("small", worker="w") is None
    assert dispatch.claim("large", worker="w") is not None


@pytest.mark.django_db
def test_the_limit_counts_jobs_started_and_lets_those_go_on(organization: Organization) -> None:
    Account.objects.update_or_create(organization=organization, defaults={"max_concurrent_jobs": 1})
    recording = make_recording(organization)
    first, second = (make_job(organization, recording=recording) for _ in range(2))
    lease = dispatch.claim("default", worker="w")
    assert lease is not None
    assert lease.job_id == first.pk
    assert dispatch.claim("default", worker="w") is None, "the second job waits"
    lifecycle.start(lease)
    lifecycle.add_chunk(lease, index=0, input={}, audio_ms=1)
    going_on = dispatch.claim("default", worker="w")
    assert going_on is not None
    assert (going_on.job_id, going_on.kind) == (first.pk, StepKind.TRANSCRIBE)
    lifecycle.cancel(first.pk)
    freed = dispatch.claim("default", worker="w")
    assert freed is not None
    assert freed.job_id == second.pk


@pytest.mark.django_db
def test_lost_bells_are_rung_again_and_not_piled_up(
    organization: Organization, django_capture_on_commit_callbacks: Any
) -> None:
    broker = liveness.client()
    broker.delete("large")
    recording = make_recording(organization)
    for _ in range(3):
        make_job(organization, recording=recording, queue="large")
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            dispatch.ring_lost_bells()
        assert broker.llen("large") == 3
    broker.delete("large")


@pytest.mark.django_db(transaction=True)
def test_no_step_is_claimed_twice_and_no_limit_is_passed(
    organization: Organization, other_organization: Organization
) -> None:
    """16 workers at once on 40 jobs of two organizations, one of them limited to 3 jobs at a time."""
    Account.objects.update_or_create(organization=organization, defaults={"max_concurrent_jobs": 3})
    for owner in (organization, other_organization):
        recording = make_recording(owner)
        for _ in range(20):
            make_job(owner, recording=recording)
    barrier = threading.Barrier(16)

    def work(number: int) -> list[int]:
        barrier.wait()
        taken = []
        try:
            while (lease := dispatch.claim("default", worker=f"w{number}")) is not None:
                taken.append(lease.step_id)
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(16) as pool:
        claimed = [step for steps in pool.map(work, range(16)) for step in steps]
    assert len(claimed) == len(set(claimed)) == 23
    assert Step.objects.filter(organization=organization, status="leased").count() == 3


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_last_two_steps_at_a_barrier_open_assemble_once(organization: Organization) -> None:
    """200 times: two workers finish the last two steps at the same moment."""
    recording = make_recording(organization)
    for round_number in range(200):
        job = make_job(organization, recording=recording)
        prepare = dispatch.claim("default", worker="w", job_id=job.pk)
        assert prepare is not None
        lifecycle.start(prepare)
        for index in range(2):
            lifecycle.add_chunk(prepare, index=index, input={}, audio_ms=1)
        lifecycle.finish(prepare, {})
        leases = [dispatch.claim("default", worker="w", job_id=job.pk) for _ in range(2)]
        queues = finish_together(leases)
        assert queues == [[], ["default"]], f"round {round_number}"
        assert Step.objects.filter(job=job, kind=StepKind.ASSEMBLE).count() == 1
        Job.objects.filter(pk=job.pk).update(status=JobStatus.CANCELED)
        Step.objects.filter(job=job).delete()


def finish_together(leases: list[Any]) -> list[list[str]]:
    barrier = threading.Barrier(len(leases))

    def finish(lease: Any) -> list[str]:
        barrier.wait()
        try:
            return lifecycle.finish(lease, {})
        finally:
            connection.close()

    with ThreadPoolExecutor(len(leases)) as pool:
        return sorted(pool.map(finish, leases))
