"""A deployment that sells: Stripe's stand-in beside it, everything that `billing sync` makes, events delivered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse
from djstripe.models import WebhookEndpoint

from billing.gateway import accounts, destinations, endpoints, inbox, outbox
from billing.models import Account, StripeCall, StripeEvent
from organizations.models import Organization
from tests.billing.stripe_fake.server import StripeServer
from tests.billing.stripe_fake.world import Json, World


def process_events() -> None:
    """What workers do when the sweep has rung for every event that is due."""
    for event in StripeEvent.objects.due().order_by("due_at"):
        inbox.process(event.pk)


def send_calls() -> None:
    """What workers do when the sweep has rung for every call that is due."""
    for call in StripeCall.objects.due().order_by("due_at"):
        outbox.send(call.pk)


@dataclass
class Shop:
    """`deliver()` posts every event that Stripe has not delivered yet, signed, and works on it as a worker would."""

    server: StripeServer
    delivered: int = 0

    @property
    def world(self) -> World:
        return self.server.world

    @property
    def endpoint(self) -> WebhookEndpoint:
        found = endpoints.row()
        assert found is not None
        return found

    @property
    def address(self) -> str:
        return reverse("stripe-webhook", args=[self.endpoint.djstripe_uuid])

    def waiting(self) -> list[Json]:
        events, self.delivered = self.world.events[self.delivered :], len(self.world.events)
        return events

    def post(self, event: Json, **options: Any) -> int:
        """The status of one signed delivery; nothing has been worked on yet."""
        secret = options.pop("secret", endpoints.secret_of(self.endpoint))
        body, signature = self.world.signed(event, secret, **options)
        return self.send(body, signature)

    def send(self, body: bytes, signature: str, *, to: str = "", **headers: Any) -> int:
        address = reverse("stripe-webhook", args=[to]) if to else self.address
        answer = Client().post(
            address, body, content_type="application/json", headers={"Stripe-Signature": signature, **headers}
        )
        return int(answer.status_code)

    def post_thin(self, event: Json, **options: Any) -> int:
        """The status of one signed delivery to the address for thin events."""
        known = destinations.row()
        assert known is not None
        secret = options.pop("secret", endpoints.secret_of(known))
        body, signature = self.world.signed(event, secret, **options)
        return self.send(body, signature, to=str(known.djstripe_uuid))

    def deliver(self, events: list[Json] | None = None) -> None:
        for event in self.waiting() if events is None else events:
            assert self.post(event) == 204
        process_events()
        assert not StripeEvent.objects.filter(status="waiting").exists(), StripeEvent.objects.values("type", "error")

    def subscription(self, organization: Organization) -> Json:
        return self.world.get("subscriptions", self.account(organization).stripe_subscription)

    def account(self, organization: Organization) -> Account:
        return accounts.account_of(organization)

    def buy(self, client: Client, organization: Organization, plan: str = "pro", **form: Any) -> Account:
        """Through our page and Checkout, and back by Stripe's events."""
        wanted = {"plan": plan, "interval": "month", "seats": 1, **form}
        answer = client.post(reverse("plan-choose", args=[organization.slug]), wanted)
        assert answer.status_code == 303, answer.headers.get("Location")
        self.world.pay(answer.headers["Location"].rsplit("/", 1)[-1])
        self.deliver()
        return self.account(organization)

    def change(self, client: Client, organization: Organization, plan: str, **form: Any) -> str:
        """By the page that tells what it costs; what that page said."""
        wanted = {"plan": plan, "interval": "month", "seats": 1, **form}
        page = client.post(reverse("plan-choose", args=[organization.slug]), wanted, follow=True)
        if "preview" in page.context:
            shown = int(page.context["preview"].proration_at.timestamp())
            done = client.post(reverse("plan-change", args=[organization.slug]), {**wanted, "proration_at": shown})
            assert done.status_code == 302
        return page.content.decode()

    def buy_without_trial(self, client: Client, organization: Organization, plan: str = "pro", **form: Any) -> Account:
        Account.objects.update_or_create(organization=organization, defaults={"trial_used": True})
        return self.buy(client, organization, plan, **form)


def open_shop(server: StripeServer, changes: Any) -> Shop:
    """`changes`: pytest-django's `settings`."""
    from billing.services import catalog, prices
    from tests.billing.stripe_fake.server import KEY

    changes.STRIPE_SECRET_KEY, changes.STRIPE_LIVE_MODE = KEY, False
    changes.STRIPE_API_BASE = server.url
    prices.forget()
    assert all(finding.made for finding in catalog.sync())
    assert settings.STRIPE_SECRET_KEY == KEY
    return Shop(server)
