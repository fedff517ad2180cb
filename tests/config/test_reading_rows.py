"""Our readers of times and JSON give what Django's own give, and rows by hand what a QuerySet gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.db import DataError, connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from config.common.written import Joined
from organizations.api_keys import BY_PREFIX
from organizations.models import ApiKey, Membership, Organization
from tests.factories import make_api_key, make_job
from transcription.models import Job

pytestmark = pytest.mark.django_db


def selected(expression: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21 09:30:00.123456+00", datetime(2026, 11, 21, 9, 30, 0, 123456, UTC)),
        ("2026-11-21 09:30:00.5+00", datetime(2026, 11, 21, 9, 30, 0, 500000, UTC)),
        ("2026-11-21 09:30:00+00", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21 12:30:00.00001+03", datetime(2026, 11, 21, 9, 30, 0, 10, UTC)),
        ("0001-01-01 00:00:00+00", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31 23:59:59.999999+00", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    found = selected(f"timestamptz '{text}'")
    assert found == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 00:00:00+00 BC"])
def test_times_that_python_has_not_are_an_error_as_with_django(text: str) -> None:
    with pytest.raises(DataError, match=r"timestamp too (small|large)"):
        selected(f"timestamptz '{text}'")


def test_times_of_a_session_elsewhere() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Baghdad'")
        cursor.execute("SELECT timestamptz '2026-11-21 12:30:00.5+03'")
        (found,) = cursor.fetchone()
    # Django takes the clock's reading for one of its own zone; sessions of ours are in UTC.
    assert found == datetime(2026, 11, 21, 12, 30, 0, 500000, UTC)


def test_json_of_a_job(organization: Organization) -> None:
    values = {"a": [1, 2.5, None, True], "b": {"كلمة": "words"}, "c": 2**53 + 1}
    job = make_job(organization, metadata=values)
    assert Job.objects.get(pk=job.pk).metadata == values
    assert Job.objects.values_list("metadata", flat=True).get(pk=job.pk) == values
    assert Job.objects.filter(metadata__b__كلمة="words").values_list("metadata__a", flat=True).get() == values["a"]
    assert orjson.loads(orjson.dumps(values)) == values


def test_a_key_by_hand_is_that_of_a_queryset(
    organization: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row, _text = make_api_key(organization, ["jobs:read"], requests_per_minute=5)
    Organization.objects.update(defaults={"mode": "mono"}, allowed_email_domains=["example.com"])
    with django_assert_num_queries(1):
        (found,) = BY_PREFIX.find(row.prefix)
        assert found.organization.slug == organization.slug
    known = ApiKey.objects.select_related("organization").get(pk=row.pk)
    for one, other in ((found, known), (found.organization, known.organization)):
        assert type(one) is type(other)
        assert one == other
        assert not one._state.adding
        assert {name: value for name, value in vars(one).items() if name != "_state"} == {
            name: value for name, value in vars(other).items() if name != "_state"
        }


def test_what_is_sent_is_a_parameter(organization: Organization, alice: User) -> None:
    make_api_key(organization)
    assert BY_PREFIX.find("' OR '1'='1") == []
    both = Joined(Membership, "organization", "row.user_id = %s AND related.slug = %s")
    assert both.find(alice.pk, "baghdad-radio' --") == []
    assert [row.user_id for row in both.find(alice.pk, "baghdad-radio")] == [alice.pk]
