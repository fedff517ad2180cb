"""Events of Stripe as strangers, networks and time have them: forged, old, twice, out of order, at once, poisoned."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from djstripe.models import WebhookEventTrigger

from accounts.models import User
from billing.gateway import accounts, endpoints, inbox
from billing.models import Account, StripeEvent
from config.common.clock import from_now
from organizations.models import AuditEvent, Organization
from tests.billing.selling import Shop, process_events
from tests.billing.stripe_fake.world import Json

pytestmark = pytest.mark.django_db
ClientFor = Callable[..., Client]


@pytest.fixture
def owner(alice: User, client_for: ClientFor) -> Client:
    return client_for(alice)


@pytest.fixture
def paid(shop: Shop, owner: Client, organization: Organization) -> Account:
    return shop.buy_without_trial(owner, organization, "pro")


def renewal(shop: Shop, organization: Organization) -> Json:
    """An event that says nothing new."""
    return shop.world.tell("customer.subscription.updated", shop.subscription(organization))


def test_a_forged_event_is_refused_and_leaves_nothing(shop: Shop, paid: Account, organization: Organization) -> None:
    before = StripeEvent.objects.count()
    event = renewal(shop, organization)

    assert shop.post(event, secret="whsec_" + "x" * 32) == 400
    assert shop.send(json.dumps(event).encode(), "") == 400
    assert shop.send(json.dumps(event).encode(), "t=1,v1=nonsense") == 400
    assert shop.send(b"\xff\xfe", "t=1,v1=00") == 400
    body, signature = shop.world.signed(event, endpoints.secret_of(shop.endpoint))
    assert shop.send(body.replace(b"updated", b"deleted"), signature) == 400

    assert StripeEvent.objects.count() == before
    assert not WebhookEventTrigger.objects.exists()


def test_the_secret_is_never_taken_from_the_request(
    shop: Shop, paid: Account, organization: Organization, settings: Any
) -> None:
    """dj-stripe's own view does that while DEBUG is on."""
    settings.DEBUG = True
    mine = "whsec_" + "m" * 32
    body, signature = shop.world.signed(renewal(shop, organization), mine)

    assert shop.send(body, signature, **{"X-Djstripe-Webhook-Secret": mine}) == 400


def test_an_old_delivery_is_refused(shop: Shop, paid: Account, organization: Organization) -> None:
    event = renewal(shop, organization)

    assert shop.post(event, at=int(time.time()) - 301) == 400
    assert shop.post(event, at=int(time.time()) - 240) == 204


def test_an_event_that_comes_again_is_worked_on_once(
    shop: Shop, paid: Account, organization: Organization, mailoutbox: Any
) -> None:
    event = shop.world.tell("customer.subscription.trial_will_end", shop.subscription(organization))
    for _ in range(3):
        shop.deliver([event])

    row = StripeEvent.objects.get(event_id=event["id"])
    assert (row.attempts, row.status) == (1, "processed")


def test_any_order_ends_in_the_same_state(shop: Shop, owner: Client, organization: Organization) -> None:
    shop.buy_without_trial(owner, organization, "pro")
    customer = shop.account(organization).stripe_customer
    shop.world.declines.add(customer)
    shop.world.next_period(shop.subscription(organization))
    shop.world.pay_what_is_open(customer)
    shop.world.next_period(shop.subscription(organization))
    events = shop.waiting()
    random.Random(7).shuffle(events)
    assert len(events) > 6

    for event in events:
        shop.deliver([event])
        assert shop.account(organization).status == "active"


def test_unknown_kinds_and_strange_shapes_are_ignored(shop: Shop, paid: Account) -> None:
    thing = {"object": "sandwich", "id": "sw_1", "customer": paid.stripe_customer}
    for event in (
        shop.world.tell("sandwich.eaten", thing),
        shop.world.tell("invoice.upcoming", {"object": "invoice", "customer": paid.stripe_customer}),
        shop.world.tell("customer.subscription.updated", {"object": "subscription", "customer": None}),
        shop.world.tell("customer.subscription.updated", {"object": "subscription", "customer": {"id": "cus_x"}}),
    ):
        shop.deliver([event])
        assert StripeEvent.objects.get(event_id=event["id"]).status == "ignored"
    assert shop.post({"object": "event"}) == 400
    assert shop.post({**shop.world.events[0], "id": "evt_live", "livemode": True}) == 400, "a live event, a test key"


def test_a_customer_of_somebody_else_is_nobodys(
    shop: Shop, paid: Account, organization: Organization, other_organization: Organization
) -> None:
    """Another shop of the same Stripe account, whose metadata even names an organization of ours."""
    foreign = shop.world.new(
        "customers", {"object": "customer", "metadata": {"tadwin_organization": str(other_organization.pk)}}
    )
    price = next(one for one in shop.world.things["prices"].values() if one["lookup_key"] == "tadwin_team_monthly")
    shop.world.subscribe(foreign["id"], [{"price": price["id"], "quantity": 50}])
    shop.deliver()

    assert accounts.account_of(other_organization).plan == "free"
    assert accounts.account_of(organization).plan == "pro"
    assert StripeEvent.objects.filter(customer=foreign["id"]).exclude(status="ignored").count() == 0


def test_events_of_one_customer_never_touch_another(
    shop: Shop,
    paid: Account,
    organization: Organization,
    other_organization: Organization,
    mallory: User,
    client_for: Any,
) -> None:
    other = shop.buy_without_trial(client_for(mallory), other_organization, "team", seats=2)
    shop.world.declines.add(other.stripe_customer)
    shop.world.next_period(shop.subscription(other_organization))
    shop.deliver()

    assert shop.account(other_organization).status == "past_due"
    assert shop.account(organization).status == "active"


def test_poison_waits_for_the_staff_who_run_it_again(
    shop: Shop, paid: Account, organization: Organization, client_for: ClientFor
) -> None:
    subscription = shop.subscription(organization)
    good = subscription["items"]["data"][0]["price"]
    bad = {**good, "metadata": {}, "lookup_key": "somebody_elses"}
    subscription["items"]["data"][0]["price"] = bad
    event = renewal(shop, organization)
    assert shop.post(event) == 204
    row = StripeEvent.objects.get(event_id=event["id"])
    for attempt in range(1, 8):
        StripeEvent.objects.update(due_at=from_now(seconds=-1))
        inbox.process(row.pk)
        row.refresh_from_db()
        assert row.attempts == attempt
    assert (row.status, "UnknownPrice" in row.error) == ("failed", True)
    assert shop.account(organization).plan == "pro", "what was known still holds"

    subscription["items"]["data"][0]["price"] = good
    staff = client_for(User.objects.create_superuser("root@example.com", "x"))
    listed = reverse("admin:billing_stripeevent_changelist")
    assert "UnknownPrice" in staff.get(reverse("admin:billing_stripeevent_change", args=[row.pk])).content.decode()
    assert staff.post(listed, {"action": "again", "_selected_action": [str(row.pk)]}).status_code == 302
    process_events()

    row.refresh_from_db()
    assert (row.status, row.error, row.attempts) == ("processed", "", 1)
    assert AuditEvent.objects.filter(actor_type="staff", organization=organization).exists()


def test_while_stripe_is_away_events_wait(shop: Shop, paid: Account, organization: Organization) -> None:
    event = renewal(shop, organization)
    assert shop.post(event) == 204
    shop.world.failing = 3  # the SDK tries three times by itself

    process_events()

    row = StripeEvent.objects.get(event_id=event["id"])
    assert (row.status, row.attempts) == ("waiting", 1)
    assert row.due_at > from_now(seconds=1)
    StripeEvent.objects.update(due_at=from_now(seconds=-1))
    process_events()
    row.refresh_from_db()
    assert row.status == "processed"


def test_an_unknown_address_is_not_there(shop: Shop, settings: Any) -> None:
    body, signature = shop.world.signed({"object": "event"}, "whsec_x")
    headers = {"Stripe-Signature": signature}
    gone = reverse("stripe-webhook", args=["0b0e7d1c-8f5e-4a55-8a2e-111111111111"])

    assert Client().post(gone, body, content_type="application/json", headers=headers).status_code == 404
    assert Client().get(shop.address).status_code == 405
    address = shop.address
    settings.STRIPE_SECRET_KEY = ""
    assert Client().post(address, body, content_type="application/json", headers=headers).status_code == 404


def test_the_endpoints_secret_is_encrypted_and_rotates(shop: Shop, paid: Account, organization: Organization) -> None:
    stored = shop.endpoint.secret
    assert "whsec" not in stored

    assert endpoints.rotate_encryption() == 2, "snapshots and thin events"

    assert shop.endpoint.secret != stored
    assert shop.post(renewal(shop, organization)) == 204


@pytest.mark.django_db(transaction=True)
def test_many_events_at_once_are_one_state(
    shop: Shop, organization: Organization, alice: User, client_for: Any
) -> None:
    """Workers beside each other, each with another event of the same customer, while Stripe goes on changing."""
    shop.buy_without_trial(client_for(alice), organization, "team", seats=1)
    subscription = shop.subscription(organization)
    barrier, failed = threading.Barrier(6), []

    def work(number: int) -> None:
        try:
            with shop.server.lock:
                subscription["items"]["data"][0]["quantity"] = number + 2
                event = shop.world.tell("customer.subscription.updated", subscription)
            barrier.wait(20)
            assert shop.post(event) == 204
            inbox.process(StripeEvent.objects.get(event_id=event["id"]).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not failed
    assert shop.account(organization).seats == subscription["items"]["data"][0]["quantity"]
    assert set(StripeEvent.objects.values_list("status", flat=True)) == {"processed"}


@pytest.mark.django_db(transaction=True)
def test_an_old_answer_never_covers_a_new_one(
    shop: Shop, organization: Organization, alice: User, client_for: Any
) -> None:
    """One worker's answer is long under way; meanwhile the seats change, and another worker asks and is answered."""
    shop.buy_without_trial(client_for(alice), organization, "team", seats=1)
    line = shop.subscription(organization)["items"]["data"][0]
    first, second = renewal(shop, organization), renewal(shop, organization)
    shop.deliver([])
    assert [shop.post(first), shop.post(second)] == [204, 204]
    seen, shop.server.delays = len(shop.server.asked), [1.5]
    threads = [threading.Thread(target=processed, args=(event,)) for event in (first, second)]
    threads[0].start()
    while len(shop.server.asked) == seen:
        time.sleep(0.01)
    line["quantity"] = 7
    threads[1].start()
    for thread in threads:
        thread.join(60)

    assert shop.account(organization).seats == 7
    assert set(StripeEvent.objects.values_list("status", flat=True)) == {"processed"}


def processed(event: Json) -> None:
    inbox.process(StripeEvent.objects.get(event_id=event["id"]).pk)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_one_event_at_two_workers_is_worked_on_once(
    shop: Shop, organization: Organization, alice: User, client_for: Any, mailoutbox: Any
) -> None:
    shop.buy(client_for(alice), organization, "pro")
    event = shop.world.tell("customer.subscription.trial_will_end", shop.subscription(organization))
    assert shop.post(event) == 204
    row = StripeEvent.objects.get(event_id=event["id"])
    found: list[str] = []

    def work() -> None:
        found.append(inbox.process(row.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(found) == ["", "", "", "processed"]
