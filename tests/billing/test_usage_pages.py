"""Usage for people: the page, its file, the staff's corrections and the owner's cap."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from billing import usage
from billing.models import Account, UsageEntry
from organizations.models import AuditEvent, Organization
from tests.api_client import ApiClient
from tests.billing.accounts import KEY, agree, subscribe
from tests.factories import make_api_key, make_project

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
NOVEMBER = "since=2026-11-01&until=2026-11-30"


def spend(organization: Organization, key: str, seconds: int, day: int, **tags: Any) -> None:
    usage.reserve(organization=organization, key=key, seconds=seconds, **tags)
    usage.settle(key=key, seconds=seconds)
    UsageEntry.objects.filter(key=key).update(created_at=datetime(2026, 11, day, 22, 30, tzinfo=UTC))


@pytest.fixture
def ledger(organization: Organization, alice: User, bob: User) -> Organization:
    project = make_project(organization, name="=Interviews")
    key, _text = make_api_key(organization, name="Nightly import")
    spend(organization, "one", 3600, 2, member=alice.pk, project=project.pk, model="small")
    spend(organization, "two", 1800, 3, member=bob.pk, model="large-v3")
    spend(organization, "three", 600, 3, api_key=key.pk, project=project.pk, model="small")
    usage.reserve(organization=organization, key="runs", seconds=120, member=bob.pk)
    return organization


def test_by_whom_for_what_and_when(ledger: Organization, carol: User, client_for: Browser) -> None:
    browser = client_for(carol)
    shown = {
        "member": ["Alice Ahmad", "Bob", "Programs"],
        "project": ["=Interviews", "No project"],
        "key": ["Without an API key", "Nightly import"],
        "model": ["small", "large-v3"],
    }
    for by, names in shown.items():
        page = browser.get(f"/o/{ledger.slug}/usage?{NOVEMBER}&by={by}").content.decode()
        places = [page.index(f"<bdi>{name}") for name in names]
        assert places == sorted(places), by
    assert "1 h 40 min in all; most on 2 Nov 2026, with 1 h." in page
    assert page.count('class="chart-bar"') == 2


def test_days_are_those_of_the_reader(ledger: Organization, carol: User, client_for: Browser) -> None:
    User.objects.filter(pk=carol.pk).update(time_zone="Asia/Baghdad")
    page = client_for(carol).get(f"/o/{ledger.slug}/usage?since=2026-11-03&until=2026-11-03").content.decode()
    assert "1 h in all; most on 3 Nov 2026, with 1 h." in page


@pytest.mark.parametrize(
    "query", ["since=yesterday&until=2026-13-45&by=colour", "since=2030-01-01", "until=0001-01-01", "since=0001-01-01"]
)
def test_a_slip_in_the_address_still_shows_something(
    ledger: Organization, carol: User, client_for: Browser, query: str
) -> None:
    assert client_for(carol).get(f"/o/{ledger.slug}/usage?{query}").status_code == 200


def test_a_script_gets_the_part_that_changes(ledger: Organization, carol: User, client_for: Browser) -> None:
    answer = client_for(carol).get(f"/o/{ledger.slug}/usage?{NOVEMBER}&by=model", headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert b"large-v3" in answer.content


def test_limits_are_shown_where_there_are_any(ledger: Organization, carol: User, client_for: Browser) -> None:
    browser = client_for(carol)
    assert browser.get(f"/o/{ledger.slug}/usage").content.decode().count("There is no limit.") == 3
    assert "left until" not in browser.get(f"/o/{ledger.slug}/").content.decode()
    agree(ledger, included_seconds=7200, max_storage_bytes=10**9, agreed_seats=5)
    page = browser.get(f"/o/{ledger.slug}/usage").content.decode()
    assert "There is no limit." not in page
    assert "of 5" in page
    spent = UsageEntry.objects.filter(key="runs").get()
    assert spent.status == "reserved"
    assert "of 2 h left until" in browser.get(f"/o/{ledger.slug}/").content.decode()


def test_the_file_has_every_line_and_runs_no_formula(ledger: Organization, carol: User, client_for: Browser) -> None:
    answer = client_for(carol).get(f"/o/{ledger.slug}/usage.csv?{NOVEMBER}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined] # it streams
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["key"] for row in rows} == {"one", "two", "three", "runs"}
    assert rows[0]["key"] == "one", "oldest first"
    first = rows[0]
    assert first["project"] == "'=Interviews"
    assert (first["member"], first["model"], first["used_seconds"]) == ("Alice Ahmad", "small", "3600")


def test_the_api_names_things_and_tells_what_is_left(
    ledger: Organization, carol: User, api: Callable[[User], ApiClient]
) -> None:
    agree(ledger, included_seconds=7200, max_storage_bytes=1000, agreed_seats=5)
    answer = api(carol).get("/usage?from=2026-11-01&to=2026-11-30&group_by=member").json()
    assert [row["name"] for row in answer["data"]] == ["Alice Ahmad", "Bob", None]
    assert answer["period"]["included_seconds"] == 7200
    assert answer["period"]["reserved_seconds"] == 120
    assert answer["storage"] == {"used_bytes": 0, "limit_bytes": 1000, "remaining_bytes": 1000}
    assert answer["seats"] == {"taken": 3, "limit": 5, "remaining": 2}
    exported = api(carol).get("/usage/export?from=2026-11-01&to=2026-11-02")
    assert exported["Content-Type"].startswith("text/csv")
    lines = b"".join(exported.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[3] for line in lines] == ["key", "one"]
    assert api(carol).get("/usage/export?group_by=day").status_code == 422


def test_names_are_read_in_as_many_queries_for_many(ledger: Organization, bob: User, client_for: Browser) -> None:
    browser = client_for(bob)
    address = f"/o/{ledger.slug}/usage?{NOVEMBER}&by=key"
    browser.get(address)
    with CaptureQueriesContext(connection) as few:
        browser.get(address)
    for number in range(8):
        key, _text = make_api_key(ledger, name=f"Key {number}")
        spend(ledger, f"more-{number}", 60, 4, api_key=key.pk)
    with CaptureQueriesContext(connection) as many:
        browser.get(address)
    assert len(many) == len(few)


def test_an_owner_caps_what_goes_past(
    organization: Organization, alice: User, dana: User, client_for: Browser, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = KEY
    subscribe(organization, "pro")
    owner, address = client_for(alice), f"/o/{organization.slug}/usage"
    assert "Most extra minutes a period" in owner.get(address).content.decode()
    assert "Most extra minutes a period" not in client_for(dana).get(address).content.decode()
    assert client_for(dana).post(f"{address}/cap", {"minutes": "5"}).status_code == 403
    owner.post(f"{address}/cap", {"minutes": "90"})
    assert Account.objects.get().overage_cap_seconds == 5400
    owner.post(f"{address}/cap", {"minutes": "-1"})
    assert Account.objects.get().overage_cap_seconds == 5400
    owner.post(f"{address}/cap", {"minutes": ""})
    assert Account.objects.get().overage_cap_seconds is None
    changes = AuditEvent.objects.filter(action="billing.overage_capped").order_by("created_at")
    assert [event.data["overage_cap_seconds"]["to"] for event in changes] == [5400, None]


def test_staff_correct_by_a_line_with_a_reason(organization: Organization, alice: User, client_for: Browser) -> None:
    agree(organization, included_seconds=600)
    usage.reserve(organization=organization, key="all", seconds=600)
    staff = client_for(User.objects.create_superuser("root@example.com", "x"))
    address = "/admin/billing/usageentry/add/"
    assert staff.get(address).status_code == 200
    form = {"organization": str(organization.pk), "minutes": "-5", "reason": " Bad  audio "}
    assert staff.post(address, {**form, "reason": ""}).status_code == 200, "a reason is asked for"
    assert staff.post(address, {**form, "minutes": "0"}).status_code == 200
    assert UsageEntry.objects.count() == 1
    assert staff.post(address, form).status_code == 302
    line = UsageEntry.objects.get(kind="adjustment")
    assert (line.used_seconds, line.reason, line.status) == (-300, "Bad audio", "settled")
    assert usage.remaining_seconds(organization) == 300
    event = AuditEvent.objects.get(action="billing.corrected")
    assert (event.actor_type, event.data) == ("staff", {"seconds": -300, "reason": "Bad audio"})
    assert staff.get(f"/admin/billing/usageentry/{line.pk}/change/").status_code == 200
    assert staff.post(f"/admin/billing/usageentry/{line.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "−5 min" in client_for(alice).get(f"/o/{organization.slug}/usage").content.decode()


def test_other_organizations_see_nothing(ledger: Organization, mallory: User, client_for: Browser, api: Any) -> None:
    for path in ("usage", "usage.csv"):
        assert client_for(mallory).get(f"/o/{ledger.slug}/{path}").status_code == 404
    assert api(mallory).get("/usage?from=2026-11-01&to=2026-11-30").json()["data"] == []
