"""What this deployment needs to find in Stripe: products, prices, the meter, the webhook endpoint, the portal's rules.

`billing sync` makes what is missing and mends what differs; done twice, it changes nothing. `billing check` only looks.
Prices are never changed: an amount that differs was set by a person in Stripe, and holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import stripe
from django.conf import settings

from billing.gateway import destinations, endpoints
from billing.gateway.outbox import METER
from billing.gateway.stripe_api import OURS, client, is_ours
from billing.gateway.subscription_state import PLAN
from billing.plans import OVERAGE, PLANS, Interval, Plan, Price
from billing.services import prices

Json = dict[str, Any]
OVERAGE_PRODUCT = "tadwin_overage"
SECONDS_IN_A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Part:
    """`find` gives the id of what is there and right, empty if not; `make` makes or mends it and gives the id."""

    name: str
    find: Callable[[], str]
    make: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    id: str
    made: bool = False

    @property
    def is_there(self) -> bool:
        return bool(self.id)


def check() -> Iterator[Finding]:
    """Raises stripe.StripeError."""
    for part in parts():
        yield Finding(part.name, part.find())


def sync() -> Iterator[Finding]:
    """Raises stripe.StripeError. Two at once are safe: what has a key of its own in Stripe is made once."""
    for part in parts():
        found = part.find()
        yield Finding(part.name, found) if found else Finding(part.name, part.make(), made=True)
    prices.forget()


def parts() -> Iterator[Part]:
    """In the order in which one needs the other."""
    for plan in sold():
        yield _product(f"tadwin_{plan.key.value}", f"Tadwin {_english(plan)}", {PLAN: plan.key.value})
    yield _product(OVERAGE_PRODUCT, "Tadwin: minutes past the included ones", {})
    yield Part(f"meter {METER}", _find_meter, _make_meter)
    for plan in sold():
        for price in plan.prices:
            yield _price(plan, price)
    for interval in Interval:
        yield _overage(interval)
    yield Part("webhook endpoint", endpoints.find, endpoints.make)
    yield Part("portal configuration", _find_portal, _make_portal)
    yield Part("event destination", destinations.find, destinations.make)


def sold() -> list[Plan]:
    return [plan for plan in PLANS.values() if plan.for_sale]


def _english(plan: Plan) -> str:
    from django.utils import translation

    with translation.override("en"):
        return str(plan.name)


def _product(product_id: str, name: str, metadata: Json) -> Part:
    def find() -> str:
        try:
            return product_id if client().v1.products.retrieve(product_id).active else ""
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise
            return ""

    def make() -> str:
        try:
            client().v1.products.create({"id": product_id, "name": name, "metadata": {**OURS, **metadata}})
        except stripe.InvalidRequestError as error:
            if error.code != "resource_already_exists":
                raise
            client().v1.products.update(product_id, {"active": True})
        return product_id

    return Part(f"product {product_id}", find, make)


def _price(plan: Plan, price: Price) -> Part:
    params: Any = {
        "product": f"tadwin_{plan.key.value}",
        "currency": settings.BILLING_CURRENCY,
        "unit_amount": price.amount,
        "recurring": {"interval": price.interval.value},
        "lookup_key": price.lookup_key,
        "metadata": {**OURS, PLAN: plan.key.value},
    }
    return Part(f"price {price.lookup_key}", lambda: _find_price(price.lookup_key), lambda: _make_price(params))


def _overage(interval: Interval) -> Part:
    """Seconds are measured and minutes are paid, rounded up once for each invoice."""
    key = OVERAGE.key_for(interval)

    def make() -> str:
        params: Any = {
            "product": OVERAGE_PRODUCT,
            "currency": settings.BILLING_CURRENCY,
            "unit_amount": OVERAGE.amount_per_minute,
            "transform_quantity": {"divide_by": SECONDS_IN_A_MINUTE, "round": "up"},
            "recurring": {"interval": interval.value, "usage_type": "metered", "meter": _find_meter()},
            "lookup_key": key,
            "metadata": OURS,
        }
        return _make_price(params)

    return Part(f"price {key}", lambda: _find_price(key), make)


def _find_price(lookup_key: str) -> str:
    found = client().v1.prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1}).data
    return found[0].id if found else ""


def _make_price(params: Any) -> str:
    """Two at once: the second asks for a key that is taken, and finds the first one's price."""
    try:
        return client().v1.prices.create(params).id
    except stripe.InvalidRequestError:
        found = _find_price(params["lookup_key"])
        if not found:
            raise
        return found


def _find_meter() -> str:
    meters = client().v1.billing.meters.list({"status": "active", "limit": 100})
    return next((one.id for one in meters.auto_paging_iter() if one.event_name == METER), "")


def _make_meter() -> str:
    params: Any = {
        "display_name": "Tadwin: seconds of audio past the included ones",
        "event_name": METER,
        "default_aggregation": {"formula": "sum"},
        "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
        "value_settings": {"event_payload_key": "value"},
    }
    return client().v1.billing.meters.create(params).id


def _portal() -> Json:
    """Plans and seats are changed on our own page, which knows the members; the portal has what only Stripe can do."""
    return {
        "features": {
            "customer_update": {"enabled": True, "allowed_updates": ["name", "email", "address", "phone", "tax_id"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {"enabled": False},
        },
        "default_return_url": settings.PUBLIC_URL,
        "metadata": OURS,
    }


def _find_portal() -> str:
    known = client().v1.billing_portal.configurations.list({"active": True, "limit": 100}).data
    return next((one.id for one in known if is_ours(one)), "")


def _make_portal() -> str:
    params: Any = _portal()
    return client().v1.billing_portal.configurations.create(params).id
