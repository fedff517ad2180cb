"""Rate limits: exact under many clients at once, told in headers, never in the way when Redis is away."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as current
from structlog.testing import capture_logs

from accounts.models import User
from organizations import throttling
from organizations.models import Organization
from organizations.throttling import HOUR, MINUTE, Bucket, take
from tests.factories import make_api_key, make_member

CLIENTS = 50


@pytest.fixture(autouse=True)
def empty_buckets() -> Iterator[None]:
    client = redis.Redis.from_url(current.REDIS_URL)
    for key in client.scan_iter(match=throttling.PREFIX + "*"):
        client.delete(key)
    throttling._breaker.close()
    yield
    throttling._breaker.close()


@pytest.fixture
def limits(settings: Any) -> Callable[[int, int], None]:
    def put(per_minute: int, per_hour: int) -> None:
        settings.RATE_LIMIT_PER_MINUTE, settings.RATE_LIMIT_PER_HOUR = per_minute, per_hour

    return put


def bucket(capacity: int, window: int = HOUR) -> Bucket:
    return Bucket(uuid.uuid4().hex, capacity, window)


def test_fifty_clients_at_once_get_exactly_what_is_there() -> None:
    shared = bucket(120)
    with ThreadPoolExecutor(CLIENTS) as pool:
        verdicts = list(pool.map(lambda _: take([shared]), range(400)))

    allowed = [one for one in verdicts if one and one.is_allowed]
    assert len(verdicts) == 400
    assert len(allowed) == 120
    assert sorted(one.remaining for one in allowed) == list(range(120))


def test_what_one_bucket_refuses_no_bucket_pays_for() -> None:
    narrow, wide = bucket(2), bucket(100)
    for _ in range(10):
        take([narrow, wide])
    alone = take([wide])
    assert alone and alone.remaining == 100 - 2 - 1


def test_a_bucket_fills_again_by_and_by() -> None:
    quick = bucket(5, window=1)  # a token each fifth of a second
    taken = [take([quick]) for _ in range(6)]
    assert [one.is_allowed for one in taken if one] == [True] * 5 + [False]
    time.sleep(0.45)
    assert [one.is_allowed for one in (take([quick]), take([quick]), take([quick])) if one] == [True, True, False]


def test_the_verdict_tells_of_the_bucket_nearest_to_empty() -> None:
    wide, narrow = bucket(1000, MINUTE), bucket(10)
    verdict = take([wide, narrow])
    assert verdict
    assert (verdict.limit, verdict.remaining, verdict.retry_after) == (10, 9, 0)
    assert 359 <= verdict.reset <= 360


@pytest.mark.parametrize("capacity", [1, 7, 600, 20_000])
def test_uneven_rates_lose_no_request(capacity: int) -> None:
    odd = bucket(capacity, MINUTE)
    first = take([odd])
    assert first and first.is_allowed and first.remaining == capacity - 1


def test_redis_away_lets_everybody_in_and_says_so(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with capture_logs() as logs:
        assert take([bucket(1)]) is None
        assert take([bucket(1)]) is None  # and is not asked again at once
    assert [entry["event"] for entry in logs] == ["rate_limit_unavailable"]


@pytest.mark.django_db
class TestAnswers:
    def test_headers_on_every_answer(self, limits: Any, api: Any, organization: Organization, alice: User) -> None:
        client = api(alice)
        limits(100, 1000)
        for path, status in {"/media": 200, f"/media/{uuid.uuid4()}": 404, "/nowhere": 404, "": 200}.items():
            answer = client.get(path)
            assert answer.status_code == status
            assert answer["RateLimit-Limit"] == "100", path
            assert int(answer["RateLimit-Remaining"]) < 100
            assert int(answer["RateLimit-Reset"]) >= 1

    def test_over_the_limit(self, limits: Any, api: Any, organization: Organization) -> None:
        _, text = make_api_key(organization)
        limits(2, 1000)
        answers = [api(text).get("/media") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["error_type"] == "rate_limited"
        assert answers[2]["RateLimit-Remaining"] == "0"
        assert 1 <= int(answers[2]["Retry-After"]) <= 30

    def test_a_key_may_have_less_than_its_organization(self, limits: Any, api: Any, organization: Organization) -> None:
        _, small = make_api_key(organization, requests_per_minute=1)
        _, large = make_api_key(organization)
        limits(5, 1000)
        assert [api(small).get("/media").status_code for _ in range(3)] == [200, 429, 429]
        assert [api(large).get("/media").status_code for _ in range(5)] == [200] * 4 + [429]

    def test_organizations_do_not_share(
        self, limits: Any, api: Any, organization: Organization, other_organization: Organization
    ) -> None:
        ours, theirs = make_api_key(organization)[1], make_api_key(other_organization)[1]
        limits(1, 1000)
        assert api(ours).get("/media").status_code == 200
        assert api(ours).get("/media").status_code == 429
        assert api(theirs).get("/media").status_code == 200

    def test_people_of_one_organization_share(
        self, limits: Any, api: Any, organization: Organization, alice: User
    ) -> None:
        one, two = api(alice), api(make_member(organization, "member"))
        limits(1, 1000)
        assert one.get("/media").status_code == 200
        assert two.get("/media").status_code == 429

    @pytest.mark.parametrize("path", ["/media", "/nowhere", ""])
    def test_guests_are_counted_by_address(self, limits: Any, api: Any, path: str) -> None:
        limits(3, 1000)
        statuses = [api().get(path).status_code for _ in range(5)]
        assert 429 not in statuses[:3]
        assert statuses[3:] == [429, 429]

    def test_guessing_keys_is_limited(self, limits: Any, api: Any) -> None:
        limits(3, 1000)
        guesses = [f"tdw_{number:08d}_{'x' * 40}" for number in range(5)]
        assert [api(guess).get("/media").status_code for guess in guesses] == [401] * 3 + [429] * 2

    def test_the_openai_routes_refuse_in_their_own_shape(
        self, limits: Any, api: Any, organization: Organization
    ) -> None:
        _, text = make_api_key(organization)
        limits(1, 1000)
        client = api(text)
        answers = [client.client.get("/v1/models", headers=client.headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert "message" in answers[1].json()["error"]
        assert "Retry-After" in answers[1]

    def test_redis_away_answers_all_the_same(
        self, settings: Any, limits: Any, api: Any, organization: Organization
    ) -> None:
        _, text = make_api_key(organization)
        limits(1, 1000)
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        answers = [api(text).get("/media") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert "RateLimit-Limit" not in answers[0]
