"""What is in force: the plan, what was agreed beside it, and the state of payments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing import usage
from billing.models import UsageEntry
from billing.plans import GB, HOUR
from billing.quota.limits import limits_of, require_writable
from config.common.clock import from_now, now
from config.common.errors import QuotaExceeded
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.billing.accounts import KEY, agree, subscribe
from tests.factories import make_recording, make_transcript

pytestmark = pytest.mark.django_db
Api = Callable[[User], ApiClient]
WAYS_TO_UPLOAD = ('#upload"', 'id="upload"', "Upload a recording")


@pytest.fixture
def money(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = KEY


def test_without_a_key_nothing_is_limited_and_nothing_mentions_money(organization: Organization) -> None:
    subscribe(organization, status="read_only")
    limits = limits_of(organization)
    assert (limits.included_seconds, limits.storage_bytes, limits.seats, limits.read_only) == (None, None, None, False)
    require_writable(organization)
    agree(organization, included_seconds=10)
    with pytest.raises(QuotaExceeded) as refused:
        usage.reserve(organization=organization, key="a", seconds=11)
    assert "upgrade_url" not in refused.value.extra
    assert "plan" not in refused.value.detail


def test_plans_and_what_was_agreed(organization: Organization, money: None) -> None:
    assert limits_of(organization).included_seconds == 2 * HOUR, "free"
    subscribe(organization, "team", seats=4)
    limits = limits_of(organization)
    assert (limits.included_seconds, limits.storage_bytes, limits.seats) == (120 * HOUR, 400 * GB, 4)
    agree(organization, included_seconds=5, max_storage_bytes=6, agreed_seats=7)
    limits = limits_of(organization)
    assert (limits.included_seconds, limits.storage_bytes, limits.seats) == (5, 6, 7)


def test_a_refusal_says_what_is_left_and_where_there_is_more(
    organization: Organization, alice: User, api: Api, money: None, settings: Any
) -> None:
    agree(organization, included_seconds=90)
    recording = make_recording(organization, duration_ms=91_000)
    answer = api(alice).post("/jobs", {"media": str(recording.pk)})
    assert answer.status_code == 402
    problem = answer.json()
    assert problem["error_type"] == "quota_exceeded"
    assert (problem["needed_seconds"], problem["remaining_seconds"]) == (91, 90)
    assert problem["upgrade_url"] == f"{settings.PUBLIC_URL}/o/{organization.slug}/plan"


def test_the_period_is_the_subscriptions(organization: Organization, money: None) -> None:
    subscribe(organization, included_seconds=100, overage_cap_seconds=0)
    usage.reserve(organization=organization, key="before", seconds=100)
    usage.settle(key="before", seconds=100)
    assert usage.remaining_seconds(organization) == 0
    UsageEntry.objects.update(created_at=now() - timedelta(days=11))
    assert usage.remaining_seconds(organization) == 100
    agree(organization, period_start=now() - timedelta(days=40), period_end=now() - timedelta(days=9, hours=1))
    UsageEntry.objects.update(created_at=now() - timedelta(days=9))
    assert usage.remaining_seconds(organization) == 0, "the renewal's webhook is late, and the next month runs"


def test_work_that_runs_is_finished_whatever_happens_to_the_plan(organization: Organization, money: None) -> None:
    """Reserved in one period, done in the next, on a smaller plan, by who can't pay: it settles where it began."""
    subscribe(organization, "team")
    usage.reserve(organization=organization, key="long", seconds=3 * HOUR)
    UsageEntry.objects.update(created_at=now() - timedelta(days=11))
    subscribe(organization, "free", status="read_only")
    assert usage.settle(key="long", seconds=3 * HOUR) is True
    entry = UsageEntry.objects.get()
    assert (entry.used_seconds, entry.status) == (3 * HOUR, "settled")
    limits = limits_of(organization)
    assert usage.used_seconds(organization, limits.period.start) == 0


def test_overage_is_begun_by_payers_only(organization: Organization, money: None) -> None:
    subscribe(organization, "pro", included_seconds=60)
    usage.reserve(organization=organization, key="over", seconds=600)
    assert usage.remaining_seconds(organization) is None
    for changed in (
        {"status": "trialing"},
        {"status": "past_due"},
        {"status": "active", "comp_plan": "pro"},
        {"status": "active", "comp_plan": "", "plan": "free"},
        {"status": "active", "plan": "pro", "overage_cap_seconds": 0},
    ):
        agree(organization, **changed)
        with pytest.raises(QuotaExceeded):
            usage.reserve(organization=organization, key="more", seconds=1)


def test_overage_ends_where_the_organization_says(organization: Organization, money: None) -> None:
    subscribe(organization, "pro", included_seconds=60, overage_cap_seconds=40)
    usage.reserve(organization=organization, key="a", seconds=90)
    assert usage.remaining_seconds(organization) == 10
    with pytest.raises(QuotaExceeded):
        usage.reserve(organization=organization, key="b", seconds=11)


def test_what_goes_past_the_included_time_is_on_the_lines(organization: Organization, money: None) -> None:
    subscribe(organization, "pro", included_seconds=100)
    for key, seconds in (("a", 70), ("b", 50), ("c", 30)):
        usage.reserve(organization=organization, key=key, seconds=seconds)
    usage.settle(key="b", seconds=50)
    usage.settle(key="c", seconds=20)
    usage.settle(key="a", seconds=70)
    usage.settle(key="a", seconds=70)
    lines = dict(UsageEntry.objects.values_list("key", "overage_seconds"))
    assert lines == {"b": 0, "c": 0, "a": 40}
    usage.reserve(organization=organization, key="d", seconds=25)
    usage.settle(key="d", seconds=25)
    assert UsageEntry.objects.get(key="d").overage_seconds == 25, "its own part alone"


READ_ONLY_WRITES = [
    ("POST", "/jobs", {"media": "{recording}"}),
    ("POST", "/media/uploads", {"filename": "a.mp3", "size": 5}),
    ("PATCH", "/media/{recording}", {"name": "new"}),
    ("POST", "/organizations/{slug}/projects", {"name": "new"}),
]


@pytest.mark.parametrize(("method", "path", "body"), READ_ONLY_WRITES)
def test_read_only_refuses_what_is_new(
    *, organization: Organization, alice: User, api: Api, money: None, method: str, path: str, body: dict[str, Any]
) -> None:
    recording = make_recording(organization)
    subscribe(organization, status="read_only", comp_plan="pro", comp_until=from_now(days=-1))
    filled = {
        name: value.format(recording=recording.pk) if isinstance(value, str) else value for name, value in body.items()
    }
    answer = api(alice).request(method, path.format(recording=recording.pk, slug=organization.slug), filled)
    assert (answer.status_code, answer.json()["error_type"]) == (402, "subscription_past_due"), answer.content
    assert answer.json()["upgrade_url"]
    subscribe(organization, status="active")
    assert (
        api(alice).request(method, path.format(recording=recording.pk, slug=organization.slug), filled).status_code
        < 300
    )


def test_read_only_reads_exports_and_deletes(
    organization: Organization, alice: User, api: Api, money: None, client_for: Any
) -> None:
    transcript = make_transcript(organization)
    subscribe(organization, status="read_only")
    program = api(alice)
    for path in ("/jobs", "/media", "/usage", f"/transcripts/{transcript.pk}/export?format=srt"):
        assert program.get(path).status_code == 200, path
    browser = client_for(alice)
    page = browser.get(f"/o/{organization.slug}/usage").content.decode()
    assert "Nothing is deleted" in page
    browser.post(f"/o/{organization.slug}/projects/new", {"name": "x"})
    assert program.delete(f"/media/{transcript.recording_id}").status_code in (200, 204)


@pytest.mark.parametrize("place", ["recordings", "organization-home", "usage"])
def test_read_only_offers_no_upload_and_says_why(
    client_for: Callable[..., Client], alice: User, bob: User, organization: Organization, money: None, place: str
) -> None:
    address = reverse(place, args=[organization.slug])
    subscribe(organization, status="past_due", past_due_since=now())
    assert any(way in client_for(bob).get(address).content.decode() for way in WAYS_TO_UPLOAD)

    subscribe(organization, status="read_only")
    shown = {person: client_for(person).get(address).content.decode() for person in (alice, bob)}

    assert not [way for way in WAYS_TO_UPLOAD for html in shown.values() if way in html]
    assert reverse("plan", args=[organization.slug]) in shown[alice]
    assert "Please tell an owner" in shown[bob]


def test_a_gift_of_the_same_plan_is_no_debt(
    client_for: Callable[..., Client], alice: User, organization: Organization, money: None
) -> None:
    subscribe(organization, status="read_only", comp_plan="pro")
    html = client_for(alice).get(reverse("recordings", args=[organization.slug])).content.decode()
    assert "last payments failed" not in html and "#upload" in html
