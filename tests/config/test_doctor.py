import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import redis
from django.core.management import call_command
from pytest_django import Settings

from config.common import liveness
from config.embedded.redis import EmbeddedRedis
from config.management.doctor import resources, services
from config.management.doctor.report import Area, Result, examine
from transcription.states import Queue

WHISPER = Path(__file__).parents[1] / "fixtures" / "whisper-espeak"


@pytest.fixture
def own_redis(tmp_path: Path, sockets: Path, settings: Settings) -> Iterator[redis.Redis]:
    """A broker of this test alone."""
    with EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock", durable=False) as server:
        settings.REDIS_URL = server.url
        yield redis.Redis.from_url(server.url)


def found(results: Iterator[Result]) -> dict[str, Result]:
    return {result.name: result for result in results}


def test_check_that_cannot_run_is_a_result_and_hinders_no_other() -> None:
    def broken() -> Iterator[Result]:
        raise ConnectionRefusedError("nobody\nthere")

    results = list(
        examine(
            [
                Area("mail", broken, "Check EMAIL_URL."),
                Area("disk", lambda: [Result("disk", "var", "ok", "Enough.")], ""),
            ]
        )
    )

    assert results == [
        Result("mail", "connection", "fail", "ConnectionRefusedError: nobody there", "Check EMAIL_URL."),
        Result("disk", "var", "ok", "Enough."),
    ]


@pytest.mark.django_db
def test_database_tells_version_and_what_to_do_about_missing_migrations(settings: Settings) -> None:
    settings.MIGRATION_MODULES = {}  # the tests' database is made without migrations; look at the real ones

    results = found(services.database())

    assert results["version"].status == "ok"
    assert results["version"].detail.startswith("PostgreSQL 1")
    assert results["migrations"].status == "fail"
    assert "migrate" in results["migrations"].hint


def test_broker_that_throws_keys_away_is_warned_of(own_redis: redis.Redis) -> None:
    assert {result.status for result in services.broker()} == {"ok"}

    own_redis.config_set("maxmemory-policy", "allkeys-lru")

    memory = found(services.broker())["memory"]
    assert memory.status == "warn"
    assert "noeviction" in memory.hint


def test_message_goes_through_the_channel_layer() -> None:
    assert found(services.live_updates())["round trip"].status == "ok"


def test_queues_without_a_worker_are_named(own_redis: redis.Redis) -> None:
    assert all(name in found(services.workers())["queues"].detail for name in Queue.values)
    rest = tuple(name for name in Queue.values if name != "diarize")

    liveness.beat(liveness.Worker("heavy@host", rest))
    results = found(services.workers())
    assert results["heavy@host"].status == "ok"
    assert results["queues"].detail.startswith("No worker serves diarize:")

    liveness.beat(liveness.Worker("light@host", ("diarize",)))
    assert "queues" not in found(services.workers())


def test_mail_server_that_does_not_answer_fails_with_what_to_do(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 2

    (result,) = examine([Area("mail", resources.mail, "Check EMAIL_URL.")])

    assert (result.status, result.hint) == ("fail", "Check EMAIL_URL.")


def test_mail_that_stays_here_is_a_warning(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

    assert [result.status for result in resources.mail()] == ["warn"]


def test_models_say_which_engine_is_used() -> None:
    assert "fake" in found(resources.models())["default"].detail


def test_whisper_model_that_is_not_here_says_where_to_put_it(settings: Settings, tmp_path: Path) -> None:
    settings.ASR_ENGINE, settings.ASR_MODEL, settings.ASR_MODEL_DIR = "faster_whisper", "medium", str(tmp_path)

    result = found(resources.models())["medium"]

    assert result.status == "warn"
    assert str(tmp_path) in result.hint


@pytest.mark.usefixtures("own_redis")
def test_a_model_of_ones_own_is_told_how_to_become_the_usual_one(settings: Settings, tmp_path: Path) -> None:
    settings.ASR_ENGINE, settings.ASR_MODEL, settings.ASR_MODEL_DIR = "auto", "auto", str(tmp_path)
    assert str(tmp_path) in found(resources.models())["languages"].hint

    (tmp_path / "ours").symlink_to(WHISPER, target_is_directory=True)

    result = found(resources.models())["languages"]
    assert "ours" in result.detail
    assert "ASR_MODEL=ours" in result.hint


def test_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {result.status for result in resources.disk()} <= {"ok", "warn"}
    monkeypatch.setattr(resources, "NO_BYTES", 1 << 60)
    monkeypatch.setattr(resources, "LITTLE_BYTES", 1 << 60)

    assert {result.status for result in resources.disk()} == {"fail"}


def test_command_ends_with_one_when_something_fails(settings: Settings, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    output = StringIO()

    with pytest.raises(SystemExit) as raised:
        call_command("doctor", "broker", "disk", "--json", stdout=output)

    results = json.loads(output.getvalue())
    assert raised.value.code == 1
    assert results[0]["area"] == "broker"
    assert results[0]["status"] == "fail"
    assert "make run" in results[0]["hint"]
    assert {result["area"] for result in results} == {"broker", "disk"}


def test_lines_carry_the_next_step(own_redis: redis.Redis) -> None:
    output = StringIO()

    call_command("doctor", "workers", stdout=output)

    assert "workers: queues. No worker serves" in output.getvalue()
    assert "-> Start one: " in output.getvalue()
    assert output.getvalue().endswith("0 ok, 1 to look at, 0 failed\n")
