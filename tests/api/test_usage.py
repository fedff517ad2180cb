"""What was used, by whom and for what, out of the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from billing.models import UsageEntry
from organizations.models import Organization
from tests.api_client import ApiClient

pytestmark = pytest.mark.django_db
Api = Callable[[User], ApiClient]


def line(organization: Organization, day: int, seconds: int, status: str = "settled", **tags: Any) -> None:
    entry = UsageEntry.objects.create(
        organization=organization,
        key=uuid.uuid4().hex,
        status=status,
        reserved_seconds=seconds,
        used_seconds=seconds if status == "settled" else 0,
        **tags,
    )
    UsageEntry.objects.filter(pk=entry.pk).update(created_at=datetime(2026, 11, day, 23, 30, tzinfo=UTC))


@pytest.fixture
def ledger(organization: Organization, other_organization: Organization, alice: User, bob: User) -> dict[str, str]:
    project, key = uuid.uuid4(), uuid.uuid4()
    line(organization, 1, 60, member=alice.pk, model="small", project=project)
    line(organization, 1, 30, member=bob.pk, model="large-v3")
    line(organization, 3, 10, api_key=key, model="large-v3", project=project)
    line(organization, 3, 500, "reserved", member=bob.pk, model="small")
    line(organization, 3, 500, "released", member=bob.pk, model="small")
    line(other_organization, 1, 7, member=alice.pk, model="small")
    return {"alice": str(alice.pk), "bob": str(bob.pk), "project": str(project), "key": str(key)}


def groups(answer: Any) -> list[tuple[str | None, int, int]]:
    assert answer.status_code == 200, answer.content
    return [(one["key"], one["audio_seconds"], one["jobs"]) for one in answer.json()["data"]]


NOVEMBER = "from=2026-11-01&to=2026-11-30"


def test_by_day(api: Api, carol: User, ledger: dict[str, str]) -> None:
    answer = api(carol).get(f"/usage?{NOVEMBER}")
    assert groups(answer) == [("2026-11-01", 90, 2), ("2026-11-03", 10, 1)]
    whole = answer.json()
    assert whole["total_audio_seconds"] == 100
    assert (whole["from"], whole["to"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")


def test_by_all_else(api: Api, carol: User, ledger: dict[str, str]) -> None:
    client = api(carol)
    expected = {
        "member": [(ledger["alice"], 60, 1), (ledger["bob"], 30, 1), (None, 10, 1)],
        "project": [(ledger["project"], 70, 2), (None, 30, 1)],
        "key": [(None, 90, 2), (ledger["key"], 10, 1)],
        "model": [("small", 60, 1), ("large-v3", 40, 2)],
    }
    for name, rows in expected.items():
        assert groups(client.get(f"/usage?{NOVEMBER}&group_by={name}")) == rows, name


def test_bounds(api: Api, carol: User, ledger: dict[str, str]) -> None:
    client = api(carol)
    assert groups(client.get("/usage?from=2026-11-01&to=2026-11-01")) == [("2026-11-01", 90, 2)]
    assert groups(client.get("/usage?from=2026-11-01&to=2026-11-01T23:30:00Z")) == []
    assert groups(client.get("/usage?from=2026-11-02&to=2026-11-03T23:30:01Z")) == [("2026-11-03", 10, 1)]
    assert groups(client.get("/usage?from=2026-11-02T01:00:00%2B03:00&to=2026-11-02T02:45:00%2B03:00")) == [
        ("2026-11-01", 90, 2)
    ]


def test_a_whole_month_may_be_asked_for_by_its_last_day(api: Api, carol: User, ledger: dict[str, str]) -> None:
    answer = api(carol).get("/usage?to=2026-11-30").json()
    assert (answer["from"], answer["to"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")


def test_this_month_is_the_default(api: Api, carol: User, organization: Organization) -> None:
    UsageEntry.objects.create(
        organization=organization, key="now", status="settled", reserved_seconds=5, used_seconds=5
    )
    assert [row[1:] for row in groups(api(carol).get("/usage"))] == [(5, 1)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("from=2026-13-45", "from"),
        ("from=2026-11-02&to=2026-11-01T00:00:00Z", "to"),
        ("from=2020-01-01&to=2026-01-01", "from"),
        ("to=9999-12-31", "to"),
        ("group_by=colour", "group_by"),
        ("grop_by=day", "grop_by"),
    ],
)
def test_what_makes_no_sense_is_named(api: Api, carol: User, query: str, field: str) -> None:
    answer = api(carol).get(f"/usage?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
