"""What goes over the wire, when it is tried again, and when we stop: against a real server on this machine."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as outbox
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.models import User
from organizations import webhooks
from organizations.models import Organization, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from organizations.webhooks import delivering
from tests.factories import make_delivery, make_webhook
from tests.local_server import Asked, LocalServer, Reply
from tests.mailing import deliver_mails
from tests.organizations.webhooks.conftest import delays, pass_time, send_due

pytestmark = pytest.mark.django_db
Json = dict[str, Any]
DATA = {"job": "1", "status": "completed", "links": {}}


def emit(organization: Organization, event: str = "job.completed") -> list[WebhookDelivery]:
    return webhooks.emit(organization, event, DATA)


def test_signed_as_the_convention_says(
    organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer
) -> None:
    secret = subscribe()["secret"]
    emit(organization)
    assert send_due() == 1
    (asked,) = receiver.asked
    told = Webhook(secret).verify(asked.body, asked.headers)
    assert told == {**told, "type": "job.completed", "organization": str(organization.pk), "data": DATA}
    assert told["timestamp"].endswith("Z")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"].startswith("Tadwin")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(asked.body.replace(b"completed", b"failed"), asked.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(asked.body, {**asked.headers, "webhook-id": "msg_other"})


def test_while_secrets_overlap_both_verify(
    api: Any, alice: User, organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer
) -> None:
    made = subscribe()
    rotated = api(alice).post(f"/webhooks/{made['id']}/rotate-secret").json()
    old, new = Webhook(made["secret"]), Webhook(rotated["secret"])
    assert rotated["old_secret_until"]
    emit(organization)
    send_due()
    for secret in (old, new):
        secret.verify(receiver.asked[0].body, receiver.asked[0].headers)
    pass_time(25 * 3600)
    emit(organization)
    send_due()
    new.verify(receiver.asked[1].body, receiver.asked[1].headers)
    with pytest.raises(WebhookVerificationError):
        old.verify(receiver.asked[1].body, receiver.asked[1].headers)


def test_endpoints_hear_what_they_want(organization: Organization, other_organization: Organization) -> None:
    everything = make_webhook(organization, events=["*"])
    failures = make_webhook(organization, events=["job.failed", "media.rejected"])
    nothing = make_webhook(organization, events=[])
    make_webhook(organization, events=["*"], status="disabled")
    make_webhook(other_organization, events=["*"])
    assert {row.endpoint_id for row in emit(organization, "job.failed")} == {everything.pk, failures.pk}
    assert {row.endpoint_id for row in emit(organization)} == {everything.pk}
    named = webhooks.emit(organization, "job.completed", DATA, endpoint=nothing.pk)
    assert {row.endpoint_id for row in named} == {everything.pk, nothing.pk}
    assert len({row.message_id for row in named}) == 1
    with pytest.raises(ValueError, match="no event"):
        emit(organization, "job.exploded")


def test_an_endpoint_of_others_is_not_told(organization: Organization, other_organization: Organization) -> None:
    foreign = make_webhook(other_organization, events=[])
    assert webhooks.emit(organization, "job.completed", DATA, endpoint=foreign.pk) == []


def test_tries_grow_apart_and_end(
    organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer
) -> None:
    subscribe()
    receiver.answer = lambda _asked: Reply(500, b"out of order")
    (delivery,) = emit(organization)
    for delay in (30, 120, 600, 3600, 6 * 3600, 24 * 3600):
        assert send_due() == 0
        assert send_due() == 0, "not before its time"
        assert delays() == [pytest.approx(delay, abs=5)]
        pass_time(delay)
    assert send_due() == 0
    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries, len(receiver.asked)) == ("failed", 7, 7)
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    attempts = delivery.attempts.values_list("number", "status_code", "response")
    assert list(attempts) == [(number, 500, "out of order") for number in range(1, 8)]


def test_a_success_ends_it(organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer) -> None:
    subscribe()
    replies = iter([Reply(503), Reply(302, headers={"Location": "/elsewhere"}), Reply(204)])
    receiver.answer = lambda _asked: next(replies)
    (delivery,) = emit(organization)
    for _ in range(3):
        send_due()
        pass_time(600)
    delivery.refresh_from_db()
    assert (delivery.status, len(receiver.asked)) == ("delivered", 3), "a redirect is no success and is not followed"
    endpoint = delivery.endpoint
    assert (endpoint.failures, endpoint.failing_since) == (0, None)
    assert endpoint.last_success_at is not None


def test_410_switches_it_off(
    organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer, alice: User, dana: User
) -> None:
    made = subscribe()
    receiver.answer = lambda _asked: Reply(410)
    first, second = emit(organization) + emit(organization)
    delivering.deliver(first.pk)
    assert not delivering.deliver(second.pk)
    assert len(receiver.asked) == 1
    assert WebhookEndpoint.objects.get(pk=made["id"]).status == "gone"
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"failed"}
    assert emit(organization) == []


def test_paused_after_long_failure_with_a_mail(
    organization: Organization,
    subscribe: Callable[..., Json],
    receiver: LocalServer,
    dana: User,
    bob: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    made = subscribe()
    receiver.answer = lambda _asked: Reply(500)
    emit(organization)
    for delay in (30, 120, 600, 3600, 6 * 3600, 24 * 3600):
        send_due()
        assert WebhookEndpoint.objects.get(pk=made["id"]).status == "active"
        pass_time(delay)
    send_due()
    assert WebhookEndpoint.objects.get(pk=made["id"]).status == "paused"
    from accounts.models import OutgoingMail

    deliver_mails()
    assert OutgoingMail.objects.count() == 0
    assert {message.to[0] for message in outbox.outbox} == {"alice@example.com", "dana@example.com"}
    assert receiver.url in outbox.outbox[0].body
    assert f"/settings/webhooks/{made['id']}" in outbox.outbox[0].body
    assert "paused" in outbox.outbox[0].subject


def test_one_bad_evening_pauses_nothing(
    organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer
) -> None:
    made = subscribe()
    receiver.answer = lambda _asked: Reply(500)
    for _ in range(30):
        emit(organization)
    send_due()
    endpoint = WebhookEndpoint.objects.get(pk=made["id"])
    assert (endpoint.status, endpoint.failures) == ("active", 30)


def test_a_slow_endpoint_rests_and_holds_nobody(
    organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    subscribe()
    settings.WEBHOOK_TIMEOUT = 0.3
    monkeypatch.setattr("organizations.webhooks.health.SLOW_SECONDS", 0.2)

    def hang(_asked: Asked) -> Reply:
        receiver.wait()
        return Reply()

    receiver.answer = hang
    for _ in range(5):
        emit(organization)
    assert send_due() == 0
    assert len(receiver.asked) == 1
    assert delivering.sweep() == 0
    attempt = WebhookAttempt.objects.get()
    assert (attempt.error, attempt.status_code) == ("timeout", None)
    assert 250 < attempt.duration_ms < 3000
    pass_time(40)
    assert delivering.sweep() == 5
    send_due()
    assert len(receiver.asked) == 2


def test_a_huge_answer_is_cut(
    api: Any, alice: User, organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer
) -> None:
    made = subscribe()
    receiver.answer = lambda _asked: Reply(200, (b"\0\xff" * 5000 for _ in range(100_000)))
    emit(organization)
    assert send_due() == 1
    (delivery,) = api(alice).get(f"/webhooks/{made['id']}/deliveries").json()["data"]
    assert json.loads(delivery["body"])["type"] == "job.completed"
    assert 0 < len(delivery["attempts"][0]["response"]) <= 4096


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "::ffff:127.0.0.2", "fd00:ec2::254"])
def test_an_address_that_turned_private_is_refused_when_it_is_sent(
    organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer, settings: Settings,
    monkeypatch: pytest.MonkeyPatch, address: str,
) -> None:  # fmt: skip
    made = subscribe()
    WebhookEndpoint.objects.filter(pk=made["id"]).update(url=receiver.url.replace("127.0.0.1", "hooks.example"))
    settings.OUTBOUND_ALLOWED_NETWORKS = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: [(2, 1, 6, "", (address, 80))])
    emit(organization)
    assert send_due() == 0
    assert WebhookAttempt.objects.get().error == "address"
    assert receiver.asked == []


def test_a_name_is_looked_up_once_a_try(
    organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: a second look-up of the same try would lead into the cloud's metadata."""
    made = subscribe()
    port = receiver.url.rsplit(":", 1)[1]
    WebhookEndpoint.objects.filter(pk=made["id"]).update(url=f"http://hooks.example:{port}/")
    answers = itertools.chain(["127.0.0.1"], itertools.repeat("169.254.169.254"))
    plain = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        return plain(next(answers) if host == "hooks.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    emit(organization)
    assert send_due() == 1
    assert receiver.asked[0].headers["host"] == f"hooks.example:{port}"


def test_a_replay_is_the_same_message(
    api: Any, alice: User, organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer
) -> None:
    secret = subscribe()["secret"]
    (delivery,) = emit(organization)
    send_due()
    path = f"/webhooks/deliveries/{delivery.pk}/replay"
    assert api(alice).post(path).json()["status"] == "pending"
    assert send_due() == 1
    first, second = receiver.asked
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    Webhook(secret).verify(second.body, second.headers)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts.count()) == ("delivered", 2)


def test_what_is_being_sent_is_not_replayed(
    api: Any, alice: User, organization: Organization, subscribe: Callable[..., Json]
) -> None:
    subscribe()
    (delivery,) = emit(organization)
    assert delivering._claim(delivery.pk)
    answer = api(alice).post(f"/webhooks/deliveries/{delivery.pk}/replay")
    assert (answer.status_code, answer.json()["error_type"]) == (409, "still_running")


def test_a_test_event(api: Any, alice: User, subscribe: Callable[..., Json], receiver: LocalServer) -> None:
    made = subscribe(events=[])
    answer = api(alice).post(f"/webhooks/{made['id']}/test")
    assert (answer.status_code, answer.json()["event"]) == (202, "webhook.test")
    assert send_due() == 1
    assert Webhook(made["secret"]).verify(receiver.asked[0].body, receiver.asked[0].headers)["type"] == "webhook.test"


def test_a_worker_that_died_is_replaced_and_counted(organization: Organization) -> None:
    endpoint = make_webhook(organization)
    delivery = make_delivery(endpoint, status="pending")
    for _ in range(7):
        assert delivering._claim(delivery.pk)
        assert delivering._claim(delivery.pk) is None
        pass_time(delivering.LEASE_SECONDS + 1)
    assert delivering.sweep() == 0
    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries) == ("failed", 7)


@pytest.mark.parametrize(("second", "status", "failures"), [(200, "delivered", 0), (503, "pending", 1)])
def test_a_worker_that_lost_its_lease_changes_nothing(
    organization: Organization, subscribe: Callable[..., Json], receiver: LocalServer, second: int, status: str,
    failures: int,
) -> None:  # fmt: skip
    """The first one sleeps in the middle; another one tries; the first wakes up with a failure in its hands."""
    made = subscribe()
    (delivery,) = emit(organization)
    slept: list[bool] = []

    def answer(_asked: Asked) -> Reply:
        if slept:
            return Reply(second)
        slept.append(True)
        pass_time(delivering.LEASE_SECONDS + 1)
        assert delivering.deliver(delivery.pk) == (second == 200)
        return Reply(500)

    receiver.answer = _in_this_thread(receiver, answer)
    assert not delivering.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.status == status
    assert WebhookEndpoint.objects.get(pk=made["id"]).failures == failures
    assert sorted(delivery.attempts.values_list("number", "status_code")) == [(1, 500), (2, second)]


def _in_this_thread(receiver: LocalServer, answer: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """The server's thread sees no rows of this test's transaction: let it use our connection, we only wait."""
    from django.db import connections

    ours = connections["default"]
    ours.inc_thread_sharing()

    def with_our_connection(asked: Asked) -> Reply:
        connections["default"] = ours
        return answer(asked)

    return with_our_connection


def test_old_entries_go_but_what_waits_stays(organization: Organization) -> None:
    endpoint = make_webhook(organization)
    make_delivery(endpoint)
    waiting = make_delivery(endpoint, status="pending")
    pass_time(31 * 24 * 3600)
    kept = make_delivery(endpoint)
    assert delivering.forget_old() == 1
    assert set(WebhookDelivery.objects.values_list("pk", flat=True)) == {waiting.pk, kept.pk}


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_delivery_once(organization: Organization, receiver: LocalServer) -> None:
    endpoint = make_webhook(organization, url=receiver.url)
    for _round in range(5):
        delivery = make_delivery(endpoint, status="pending")
        together, arrived = threading.Barrier(4), list[bool]()

        def work(pk: Any = delivery.pk, together: threading.Barrier = together, arrived: list[bool] = arrived) -> None:
            from django.db import connection

            together.wait(10)
            arrived.append(delivering.deliver(pk))
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(arrived) == [False, False, False, True]
    assert len(receiver.asked) == 5


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_for_what_was_rolled_back(organization: Organization, receiver: LocalServer) -> None:
    from django.db import transaction

    make_webhook(organization, url=receiver.url)
    with pytest.raises(RuntimeError), transaction.atomic():
        emit(organization)
        raise RuntimeError
    assert WebhookDelivery.objects.count() == 0
