"""What `check --deploy` says about lines that others could read."""

from __future__ import annotations

from typing import Any

import pytest

from config.checks import check_transport


@pytest.fixture
def production(settings: Any) -> Any:
    """As it should be."""
    settings.EMBEDDED = False
    settings.SECURE = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.DATABASES = {"default": {"HOST": "db.example", "OPTIONS": {"sslmode": "verify-full"}}}
    settings.REDIS_URL = "rediss://cache.example:6379/0"
    return settings


def ids() -> list[str | None]:
    return [found.id for found in check_transport()]


def test_a_good_deployment_is_quiet(production: Any) -> None:
    assert ids() == []


def test_plain_http(production: Any) -> None:
    production.SECURE = False
    assert ids() == ["config.W001"]


@pytest.mark.parametrize("seconds", [0, 3600])
def test_short_hsts(production: Any, seconds: int) -> None:
    production.SECURE_HSTS_SECONDS = seconds
    assert ids() == ["config.W002"]


@pytest.mark.parametrize("mode", [None, "disable", "allow", "prefer"])
def test_a_database_that_may_be_read_along(production: Any, mode: str | None) -> None:
    production.DATABASES = {"default": {"HOST": "db.example", "OPTIONS": {"sslmode": mode} if mode else {}}}
    assert ids() == ["config.W003"]


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "/run/postgresql"])
def test_a_database_on_this_machine(production: Any, host: str) -> None:
    production.DATABASES = {"default": {"HOST": host, "OPTIONS": {}}}
    assert ids() == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("redis://cache.example/0", ["config.W004"]),
        ("redis://localhost/0", []),
        ("unix:///run/redis.sock", []),
    ],
)
def test_redis(production: Any, address: str, expected: list[str]) -> None:
    production.REDIS_URL = address
    assert ids() == expected


def test_embedded_nothing_leaves_the_machine(production: Any) -> None:
    production.EMBEDDED, production.SECURE = True, False
    assert ids() == []
