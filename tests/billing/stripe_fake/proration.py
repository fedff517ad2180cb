"""What a change in the middle of a period costs, as the stand-in for Stripe works it out: for invoices and previews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.billing.stripe_fake.world import LENGTH, Json, Refused, World


@dataclass(frozen=True)
class Changed:
    """`items`: the subscription's lines after the change; `lines`: what the invoice of the change says."""

    items: list[Json]
    lines: list[Json]

    @property
    def total(self) -> int:
        return sum(line["amount"] for line in self.lines)


def of(world: World, subscription: Json, form: Json) -> Changed:
    old = subscription["items"]["data"]
    start, end = old[0]["current_period_start"], old[0]["current_period_end"]
    at = int(form.get("proration_date") or min(max(world.clock, start), end))
    if not start <= at <= end:
        raise Refused(400, "", "The proration date must be within the current period.")
    items = _items(world, old, form["items"])
    if not items:
        raise Refused(400, "", "A subscription must have at least one line.")
    before, after = (world.amount({"items": {"data": rows}}) for rows in (old, items))
    if subscription["status"] != "active" or before == after:
        return Changed(items, [])
    left, until = (end - at) / (end - start), end
    cost = round(after * left)
    if _interval(old) != _interval(items):
        until, cost = at + LENGTH[_interval(items)], after
        for item in items:
            item |= {"current_period_start": at, "current_period_end": until}
    credit = _line("Unused time", -round(before * left), at, end)
    return Changed(items, [credit, _line("Remaining time", cost, at, until)])


def unused(world: World, subscription: Json) -> int:
    """What is given back for the rest of the period."""
    item = subscription["items"]["data"][0]
    start, end = int(item["current_period_start"]), int(item["current_period_end"])
    left = (end - min(max(world.clock, start), end)) / (end - start)
    return round(world.amount(subscription) * left)


def previewed(world: World, subscription: Json, form: Json) -> Json:
    """The invoice of the change itself, or without proration the one that comes after it."""
    if form["proration_behavior"] == "none" and "proration_date" in form:
        raise Refused(400, "", "proration_date needs a proration_behavior.")
    changed = of(world, subscription, form)
    lines = changed.lines if form["proration_behavior"] == "always_invoice" else _next(world, subscription, changed)
    total, balance = sum(line["amount"] for line in lines), world.credit[subscription["customer"]]
    return {
        "object": "invoice", "customer": subscription["customer"], "currency": "usd", "total": total,
        "amount_due": max(0, total - balance), "lines": {"object": "list", "data": lines},
        "total_taxes": [], "total_discount_amounts": [],
    }  # fmt: skip


def _next(world: World, subscription: Json, changed: Changed) -> list[Json]:
    now = changed.items[0]
    new = _interval(changed.items) != _interval(subscription["items"]["data"])
    start = now["current_period_start"] if new else now["current_period_end"]
    end = start + LENGTH[_interval(changed.items)]
    plan = _line("The plan", world.amount({"items": {"data": changed.items}}), start, end)
    return [plan, _line("Minutes", world.overage(subscription), now["current_period_start"], start)]


def _items(world: World, old: list[Json], wanted: list[Json]) -> list[Json]:
    period = {name: old[0][name] for name in ("current_period_start", "current_period_end")}
    known, made = {item["id"]: item for item in old}, []
    for one in wanted:
        if one.get("deleted"):
            continue
        quantity = int(one.get("quantity") or known.get(one.get("id"), {}).get("quantity") or 1)
        item = world.item(one["price"], quantity)
        made.append({**item, "id": one.get("id") or item["id"], **period})
    named = {one.get("id") for one in wanted}
    return [*made, *({**item} for item in old if item["id"] not in named)]


def _interval(items: list[Json]) -> str:
    return str(items[0]["price"]["recurring"]["interval"])


def _line(description: str, amount: int, start: int, end: int) -> Json:
    line: dict[str, Any] = {"object": "line_item", "description": description, "amount": amount, "currency": "usd"}
    return line | {"period": {"start": start, "end": end}}
