"""What a key may spend: by its page, by the API, and where jobs are submitted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from config.common.clock import now
from organizations.models import ApiKey, Organization
from tests.factories import make_api_key, make_recording
from transcription.models import Job

pytestmark = pytest.mark.django_db
PAGE = "/o/baghdad-radio/developers/keys"


@pytest.mark.parametrize(
    ("of_key", "of_request", "expected"),
    [(None, None, None), (60, None, 60), (None, 90, 90), (60, 90, 60), (90, 60, 60)],
)
def test_the_lower_cap_holds(
    api: Callable[..., Any], organization: Organization, of_key: int, of_request: int, expected: int
) -> None:
    _, text = make_api_key(organization, max_billable_seconds=of_key)
    recording = make_recording(organization, duration_ms=60_000)
    body = {"media": str(recording.pk), "max_billable_seconds": of_request}
    assert api(text).post("/jobs", body).status_code == 202
    assert Job.objects.get().max_billable_seconds == expected


def test_a_job_over_the_cap_of_its_key_is_refused(api: Callable[..., Any], organization: Organization) -> None:
    _, text = make_api_key(organization, max_billable_seconds=59)
    answer = api(text).post("/jobs", {"media": str(make_recording(organization, duration_ms=60_000).pk)})
    assert (answer.status_code, answer.json()["error_type"]) == (402, "max_billable_exceeded")
    assert not Job.objects.exists()


def test_limits_by_the_api(api: Callable[..., Any], alice: User) -> None:
    path = "/organizations/baghdad-radio/api-keys"
    made = api(alice).post(path, {"name": "A", "requests_per_minute": 30, "max_billable_seconds": 600}).json()
    assert (made["requests_per_minute"], made["max_billable_seconds"]) == (30, 600)
    listed = api(alice).get(path).json()["data"][0]
    assert (listed["requests_per_minute"], listed["max_billable_seconds"]) == (30, 600)
    for wrong in (0, -1, 2**31, "many"):
        assert api(alice).post(path, {"name": "A", "requests_per_minute": wrong}).status_code == 422


def test_limits_by_the_page(client_for: Callable[..., Client], alice: User) -> None:
    form = {
        "name": "Importer",
        "scopes": ["media:write", "jobs:write"],
        "requests_per_minute": "30",
        "max_billable_minutes": "10",
        "expires_on": (now() + timedelta(days=30)).date().isoformat(),
    }
    html = client_for(alice).post(PAGE, form).content.decode()
    key = ApiKey.objects.get()
    assert (key.scopes, key.requests_per_minute, key.max_billable_seconds) == (["jobs:write", "media:write"], 30, 600)
    assert key.expires_at and timedelta(days=29) < key.expires_at - now() < timedelta(days=32)
    assert "tdw_" in html and "30 requests a minute" in html and "at most 10 min a job" in html


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("requests_per_minute", "0"), ("scopes", "everything"), ("expires_on", "2001-01-01")],
)
def test_the_page_says_what_is_wrong(client_for: Callable[..., Client], alice: User, field: str, value: str) -> None:
    answer = client_for(alice).post(PAGE, {"name": "Importer", field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not ApiKey.objects.exists()
