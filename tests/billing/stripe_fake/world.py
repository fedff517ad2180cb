"""What the stand-in for Stripe remembers, and what its people do there: paying, failing to pay, letting time pass."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
DAY = 24 * 3600
LENGTH = {"month": 30 * DAY, "year": 365 * DAY}
BEGINNINGS = {
    "customers": "cus", "subscriptions": "sub", "invoices": "in", "prices": "price", "meters": "mtr",
    "webhook_endpoints": "we", "sessions": "cs_test", "configurations": "bpc", "items": "si", "events": "evt",
    "portals": "bps", "destinations": "ed_test", "thin_events": "evt_test",
}  # fmt: skip


class Refused(Exception):
    """What Stripe would not do."""

    def __init__(self, status: int, code: str, message: str, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message}}


@dataclass
class World:
    """`declines`: customers whose card is refused. `credit`: what earlier invoices left over, by customer.

    `failing`: how many of the next requests get a 500.
    """

    clock: int = field(default_factory=lambda: int(time.time()))
    things: defaultdict[str, dict[str, Json]] = field(default_factory=lambda: defaultdict(dict))
    declines: set[str] = field(default_factory=set)
    credit: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    measured: dict[str, Json] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    failing: int = 0
    swallow_answer: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new(self, kind: str, thing: Json) -> Json:
        made = {"id": f"{BEGINNINGS[kind]}_{next(self.numbers):06d}", "created": self.clock, "livemode": False, **thing}
        made.setdefault("metadata", {})
        self.things[kind][made["id"]] = made
        return made

    def get(self, kind: str, thing_id: str) -> Json:
        found = self.things[kind].get(thing_id)
        if found is None:
            raise Refused(404, "resource_missing", f"No such {kind}: '{thing_id}'")
        return found

    def tell(self, kind: str, thing: Json) -> Json:
        """An event, as Stripe would send it: with the object as it is at this moment."""
        frozen = json.loads(json.dumps(thing))
        event = {"object": "event", "type": kind, "data": {"object": frozen}, "api_version": "x", "created": self.clock}
        event |= {"id": f"evt_{next(self.numbers):06d}", "livemode": False, "pending_webhooks": 1}
        self.events.append(event)
        return event

    def report(self, kind: str, errors: list[tuple[str, str]]) -> Json:
        """A thin event about measured minutes, (identifier, code) of each; what it is about can be fetched."""
        kinds = [
            {
                "code": code,
                "error_count": 1,
                "sample_errors": [{"error_message": code, "request": {"identifier": name}}],
            }
            for name, code in errors
        ]
        for name, _code in errors:
            if name in self.measured:
                self.measured[name]["payload"]["value"] = "0"  # taken, and not counted
        data = {"developer_message_summary": "Invalid", "reason": {"error_count": len(errors), "error_types": kinds}}
        meter = {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"}
        thin = {"object": "v2.core.event", "type": kind, "context": None, "related_object": meter}
        whole = self.new("thin_events", {**thin, "created": datetime.now(UTC).isoformat(), "data": data})
        return {name: value for name, value in whole.items() if name != "data"}

    # What people do on Stripe's pages, and what time does.

    def pay(self, session_id: str) -> Json:
        """Somebody goes through Checkout."""
        session = self.get("sessions", session_id)
        if session["status"] != "open":
            raise Refused(400, "expired", "This page is not open any more.")
        session["status"] = "complete"
        data = session.get("subscription_data") or {}
        made = self.subscribe(session["customer"], session["line_items"], int(data.get("trial_period_days") or 0))
        session["subscription"] = made["id"]
        self.tell("checkout.session.completed", session)
        return made

    def subscribe(self, customer: str, lines: list[Json], trial_days: int = 0) -> Json:
        items = [self.item(line["price"], int(line.get("quantity") or 1)) for line in lines]
        made = self.new(
            "subscriptions",
            {
                "object": "subscription", "customer": customer, "status": "active", "currency": "usd",
                "cancel_at_period_end": False, "cancel_at": None, "trial_end": None,
                "items": {"object": "list", "data": items},
            },
        )  # fmt: skip
        if trial_days:
            made |= {"status": "trialing", "trial_end": self.clock + trial_days * DAY}
            self.period(made, trial_days * DAY)
        else:
            self.period(made, LENGTH[self.interval(made)])
        self.tell("customer.subscription.created", made)
        if not trial_days:
            self.bill(made, self.amount(made))
        return made

    def item(self, price_id: str, quantity: int) -> Json:
        price = self.get("prices", price_id)
        metered = price["recurring"].get("usage_type") == "metered"
        return self.new(
            "items", {"object": "subscription_item", "price": price, **({} if metered else {"quantity": quantity})}
        )

    def interval(self, subscription: Json) -> str:
        return str(subscription["items"]["data"][0]["price"]["recurring"]["interval"])

    def period(self, subscription: Json, seconds: int) -> None:
        for item in subscription["items"]["data"]:
            item |= {"current_period_start": self.clock, "current_period_end": self.clock + seconds}

    def amount(self, subscription: Json) -> int:
        return sum(
            item["price"]["unit_amount"] * item["quantity"]
            for item in subscription["items"]["data"]
            if "quantity" in item
        )

    def overage(self, subscription: Json) -> int:
        """Minutes begun, of the seconds measured in this period, as the price divides and rounds them."""
        for item in subscription["items"]["data"]:
            if "quantity" not in item:
                known = [
                    int(one["payload"]["value"])
                    for one in self.measured.values()
                    if one["payload"]["stripe_customer_id"] == subscription["customer"]
                    and item["current_period_start"] <= int(one["timestamp"]) < item["current_period_end"]
                ]
                return -(-sum(known) // 60) * int(item["price"]["unit_amount"])
        return 0

    def bill(self, subscription: Json, amount: int, *, extra: int = 0) -> Json:
        """An invoice, and the try to collect it; a subscription whose invoice stays open is past due."""
        customer, total = subscription["customer"], amount + extra
        paid = min(max(0, total), self.credit[customer])
        self.credit[customer] += max(0, -total) - paid
        invoice = self.new(
            "invoices",
            {
                "object": "invoice", "customer": customer, "subscription": subscription["id"], "currency": "usd",
                "total": total, "amount_remaining": max(0, total) - paid, "status": "open",
                "number": f"TADWIN-{next(self.numbers):04d}",
            },
        )  # fmt: skip
        invoice["hosted_invoice_url"] = f"https://invoice.stripe.com/i/{invoice['id']}"
        invoice["invoice_pdf"] = f"https://pay.stripe.com/invoice/{invoice['id']}/pdf"
        self.tell("invoice.finalized", invoice)
        if customer in self.declines and invoice["amount_remaining"] > 0:
            subscription["status"] = "past_due"
            self.tell("invoice.payment_failed", invoice)
            self.tell("customer.subscription.updated", subscription)
        else:
            self.settle(invoice)
        return invoice

    def settle(self, invoice: Json) -> None:
        invoice |= {"status": "paid", "amount_remaining": 0}
        subscription = self.get("subscriptions", invoice["subscription"])
        if subscription["status"] == "past_due":
            subscription["status"] = "active"
        self.tell("invoice.paid", invoice)
        self.tell("customer.subscription.updated", subscription)

    def pay_what_is_open(self, customer: str) -> None:
        """A new card, and every open invoice paid with it."""
        self.declines.discard(customer)
        for invoice in list(self.things["invoices"].values()):
            if invoice["customer"] == customer and invoice["status"] == "open":
                self.settle(invoice)

    def next_period(self, subscription: Json) -> None:
        """Time passes to the end of the period, or of the trial."""
        measured = self.overage(subscription)
        self.clock = int(subscription["items"]["data"][0]["current_period_end"])
        if subscription["cancel_at_period_end"]:
            self.end(subscription)
            return
        subscription |= {"status": "active", "trial_end": None}
        self.period(subscription, LENGTH[self.interval(subscription)])
        self.bill(subscription, self.amount(subscription), extra=measured)

    def end(self, subscription: Json) -> None:
        subscription |= {"status": "canceled", "ended_at": self.clock}
        self.tell("customer.subscription.deleted", subscription)

    def signed(self, event: Json, secret: str, *, at: int | None = None) -> tuple[bytes, str]:
        """The body and the header of a delivery."""
        body, moment = json.dumps(event).encode(), int(time.time()) if at is None else at
        mark = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return body, f"t={moment},v1={mark}"
