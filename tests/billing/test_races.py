"""Two at once for the last of something, and a process that dies in between: the limit is never passed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from billing import usage
from billing.models import Account, StoredFile, UsageEntry, UsageThreshold
from billing.quota import stored
from config.common.errors import QuotaExceeded
from media.services import uploads
from media.storage import MediaStorage
from organizations.authenticate import caller_for_user
from organizations.models import Invitation, Membership, Organization
from organizations.services import invitations
from tests.billing.accounts import KEY, agree, subscribe
from tests.factories import make_invitation, make_member, make_organization, make_recording, make_user
from tests.workers import BASE_DIR, environment
from transcription.models import Job
from transcription.services import jobs

pytestmark = pytest.mark.django_db(transaction=True)


def race(*acts: Callable[[], object]) -> int:
    """Run all at the same moment; how many were refused. Anything else that goes wrong is raised."""
    barrier, refused, broken = threading.Barrier(len(acts)), [], []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except QuotaExceeded as error:
            refused.append(error)
        except BaseException as error:
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    return len(refused)


@pytest.mark.parametrize("tries", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_two_submits_race_for_the_last_minute(organization: Organization, alice: User, bob: User, tries: int) -> None:
    callers = [caller_for_user(person, organization.slug) for person in (alice, bob)]
    for number in range(1, tries + 1):
        agree(organization, included_seconds=60 * number)
        recordings = [make_recording(organization, duration_ms=60_000) for _ in callers]

        def submit(index: int, found: list[Any] = recordings) -> Job:
            return jobs.submit(caller=callers[index], recording=found[index], options={})

        assert race(lambda: submit(0), lambda: submit(1)) == 1, number
        assert usage.committed_seconds(organization, usage.month_start()) == 60 * number
    assert Job.objects.count() == UsageEntry.objects.count() == tries


def test_the_same_line_is_settled_once_however_many_try(organization: Organization) -> None:
    agree(organization, included_seconds=10_000)
    for number in range(20):
        key = f"job-{number}"
        usage.reserve(organization=organization, key=key, seconds=60)
        outcomes: list[bool] = []
        race(
            lambda: outcomes.append(usage.settle(key=key, seconds=50)),  # noqa: B023 - run before the loop goes on - run in this round
            lambda: outcomes.append(usage.settle(key=key, seconds=60)),  # noqa: B023 - run before the loop goes on
            lambda: outcomes.append(usage.release(key=key)),  # noqa: B023 - run before the loop goes on
        )
        assert outcomes.count(True) == 1
    assert UsageEntry.objects.count() == 20


def test_jobs_that_end_at_once_share_the_overage_and_one_of_them_tells_of_it(
    organization: Organization, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = KEY
    for number in range(20):
        subscribe(organization, "pro", included_seconds=100)
        keys = [f"{number}-{index}" for index in range(3)]
        for key in keys:
            usage.reserve(organization=organization, key=key, seconds=60)
        race(*(partial(usage.settle, key=key, seconds=60) for key in keys))
        lines = UsageEntry.objects.filter(key__in=keys)
        assert sum(lines.values_list("overage_seconds", flat=True)) == 80
        assert sorted(UsageThreshold.objects.values_list("percent", flat=True)) == [80, 100]
        lines.delete()
        UsageThreshold.objects.all().delete()


def test_two_uploads_race_for_the_last_bytes(
    organization: Organization, alice: User, media_storage: MediaStorage
) -> None:
    caller = caller_for_user(alice, organization.slug)
    for number in range(1, 31):
        agree(organization, max_storage_bytes=1000 * number)

        def begin() -> object:
            return uploads.open_upload(caller=caller, filename="talk.mp3", size=1000)

        assert race(begin, begin) == 1, number
        assert stored.used_bytes(organization) == 1000 * number
    assert StoredFile.objects.count() == 30


def test_two_invited_race_for_the_last_seat(alice: User) -> None:
    for _ in range(15):
        organization = make_organization(owner=alice)
        people = [make_user() for _ in range(2)]
        tokens = [make_invitation(organization, email=person.email)[1] for person in people]
        agree(organization, agreed_seats=2)

        def accept(index: int, people: Any = people, tokens: Any = tokens) -> Membership:
            return invitations.accept(token=tokens[index], user=people[index])

        assert race(lambda: accept(0), lambda: accept(1)) == 1
        assert Membership.objects.filter(organization=organization).count() == 2
        assert Invitation.objects.filter(organization=organization, accepted_at=None).count() == 1


def test_two_admins_invite_for_the_last_seat(organization: Organization, alice: User, dana: User) -> None:
    from organizations.roles import Role

    make_member(organization, Role.MEMBER)
    callers = [caller_for_user(person, organization.slug) for person in (alice, dana)]
    for number in range(15):
        agree(organization, agreed_seats=4 + number)

        def invite(index: int, number: int = number) -> Invitation:
            return invitations.invite(caller=callers[index], email=f"p{number}-{index}@example.com", role=Role.MEMBER)

        assert race(lambda: invite(0), lambda: invite(1)) == 1
    assert Invitation.objects.count() == 15


DIES = """
import django, os, signal, sys
django.setup()
from django.db import transaction
from billing import usage
from organizations.models import Organization
organization = Organization.objects.get(slug=sys.argv[1])
if sys.argv[2] == "settled":
    usage.reserve(organization=organization, key="job", seconds=60)
with transaction.atomic():
    if sys.argv[2] == "reserving":
        usage.reserve(organization=organization, key="job", seconds=60)
    else:
        assert usage.settle(key="job", seconds=50)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("dies", "held"), [("reserving", 0), ("settled", 60)])
def test_kill_9_between_the_change_and_its_commit(organization: Organization, dies: str, held: int) -> None:
    """Nothing half done stays, no lock stays, and the replay finds its way."""
    agree(organization, included_seconds=60)
    command = [sys.executable, "-c", DIES, organization.slug, dies]
    child = subprocess.run(command, cwd=BASE_DIR, env=environment(), check=False, timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert usage.committed_seconds(organization, usage.month_start()) == held
    usage.reserve(organization=organization, key="job", seconds=60)
    with pytest.raises(QuotaExceeded):
        usage.reserve(organization=organization, key="other", seconds=1)
    assert usage.settle(key="job", seconds=50) is True
    assert usage.settle(key="job", seconds=50) is False
    assert (UsageEntry.objects.count(), usage.remaining_seconds(organization)) == (1, 10)
    assert Account.objects.count() == 1
