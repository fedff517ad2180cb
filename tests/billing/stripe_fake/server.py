"""A stand-in for Stripe that the real SDK talks to over HTTP: the calls that Tadwin makes, with a memory.

It refuses what Stripe refuses (unknown ids, taken lookup keys and identifiers, declined cards, wrong keys), and its
pages of Checkout and the portal can be clicked through in a browser.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.billing.stripe_fake import proration
from tests.billing.stripe_fake.world import Json, Refused, World

KEY = "sk_test_" + "a1B2" * 8
PAGE = "<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1>{body}</html>"
BUTTON = "<form method=post><button>{label}</button></form>"
LISTS = {
    "/v1/prices": "prices", "/v1/subscriptions": "subscriptions", "/v1/invoices": "invoices",
    "/v1/billing/meters": "meters", "/v1/webhook_endpoints": "webhook_endpoints", "/v1/checkout/sessions": "sessions",
    "/v1/billing_portal/configurations": "configurations",
}  # fmt: skip
ONES = {
    "products": "products", "subscriptions": "subscriptions", "invoices": "invoices", "customers": "customers",
    "webhook_endpoints": "webhook_endpoints", "event_destinations": "destinations", "events": "thin_events",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    form: Json
    key: str
    """The request's Idempotency-Key."""


@dataclass
class StripeServer:
    """`delays`: seconds that the next answers about subscriptions are under way."""

    world: World = field(default_factory=World)
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    delays: list[float] = field(default_factory=list)

    def calls(self, method: str, path: str) -> list[Json]:
        """The forms of the requests to `path`."""
        return [one.form for one in self.asked if (one.method, one.path) == (method, path)]

    def answer(self, asked: Asked) -> Json:
        if self.world.failing > 0:
            self.world.failing -= 1
            raise Refused(500, "api_error", "Something is wrong with us.", "api_error")
        if asked.method == "GET" and asked.path in LISTS:
            return _listed(self.world, LISTS[asked.path], asked.form)
        for method, pattern, act in ROUTES:
            match = re.fullmatch(pattern, asked.path)
            if match and method == asked.method:
                done: Json = act(self, asked.form, *match.groups())
                return done
        raise Refused(404, "unknown_url", f"Unrecognized request URL ({asked.method}: {asked.path}).")


@contextmanager
def serving() -> Iterator[StripeServer]:
    server = StripeServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def decoded(text: str) -> Json:
    """`items[0][price]=x` as nested dictionaries and lists."""
    root: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+", name)
        place = root
        for part in path:
            place = place.setdefault(part, {})
        place[last] = {"true": True, "false": False}.get(value, value)
    whole: Json = _with_lists(root)
    return whole


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(one) for key, one in value.items()}


def _listed(world: World, kind: str, form: Json) -> Json:
    """The newest first, filtered by what the form names, cut into pages."""
    rows = list(reversed(world.things[kind].values()))
    if kind == "subscriptions" and "status" not in form:
        rows = [row for row in rows if row["status"] != "canceled"]
    for name in ("customer", "status", "active"):
        if name in form and form[name] != "all":
            rows = [row for row in rows if row.get(name, True) == form[name]]
    if "lookup_keys" in form:
        rows = [row for row in rows if row.get("lookup_key") in form["lookup_keys"]]
    if "starting_after" in form:
        ids = [row["id"] for row in rows]
        if form["starting_after"] not in ids:
            raise Refused(400, "resource_missing", "No such object to start after.")
        rows = rows[ids.index(form["starting_after"]) + 1 :]
    limit = int(form.get("limit", 10))
    return {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit, "url": "/v1/x"}


def _one(server: StripeServer, _form: Json, kind: str, thing_id: str) -> Json:
    return server.world.get(ONES[kind], thing_id)


def _new_product(server: StripeServer, form: Json) -> Json:
    if form["id"] in server.world.things["products"]:
        raise Refused(400, "resource_already_exists", "Product already exists.")
    server.world.things["products"][form["id"]] = {"object": "product", "active": True, **form}
    return server.world.things["products"][form["id"]]


def _change_product(server: StripeServer, form: Json, product_id: str) -> Json:
    product = server.world.get("products", product_id)
    product |= form
    return product


def _new_price(server: StripeServer, form: Json) -> Json:
    world = server.world
    world.get("products", form["product"])
    if any(one.get("lookup_key") == form["lookup_key"] for one in world.things["prices"].values()):
        raise Refused(400, "resource_already_exists", "A price already uses that lookup key.")
    whole = {"object": "price", "active": True, **form, "unit_amount": int(form["unit_amount"])}
    return world.new("prices", whole)


def _new_meter(server: StripeServer, form: Json) -> Json:
    return server.world.new("meters", {"object": "billing.meter", "status": "active", **form})


def _new_customer(server: StripeServer, form: Json) -> Json:
    return server.world.new("customers", {"object": "customer", **form})


def _new_session(server: StripeServer, form: Json) -> Json:
    server.world.get("customers", form["customer"])
    for line in form["line_items"]:
        server.world.get("prices", line["price"])
    made = server.world.new("sessions", {"object": "checkout.session", "status": "open", **form})
    made["url"] = f"{server.url}/checkout/{made['id']}"
    return made


def _expire_session(server: StripeServer, _form: Json, session_id: str) -> Json:
    session = server.world.get("sessions", session_id)
    session["status"] = "expired"
    return session


def _new_portal(server: StripeServer, form: Json) -> Json:
    server.world.get("customers", form["customer"])
    made = server.world.new("portals", {"object": "billing_portal.session", **form})
    made["url"] = f"{server.url}/portal/{made['id']}"
    return made


def _new_configuration(server: StripeServer, form: Json) -> Json:
    return server.world.new("configurations", {"object": "billing_portal.configuration", "active": True, **form})


def _new_endpoint(server: StripeServer, form: Json) -> Json:
    made = {"object": "webhook_endpoint", "status": "enabled", "secret": "whsec_" + "s" * 32, **form}
    return server.world.new("webhook_endpoints", made)


def _change_endpoint(server: StripeServer, form: Json, endpoint_id: str) -> Json:
    endpoint = server.world.get("webhook_endpoints", endpoint_id)
    endpoint |= {**form, "status": "disabled" if form.get("disabled") is True else "enabled"}
    return endpoint


def _remove_endpoint(server: StripeServer, _form: Json, endpoint_id: str) -> Json:
    server.world.get("webhook_endpoints", endpoint_id)
    del server.world.things["webhook_endpoints"][endpoint_id]
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def _destinations(server: StripeServer, _form: Json) -> Json:
    return {"data": list(server.world.things["destinations"].values()), "next_page_url": None}


def _new_destination(server: StripeServer, form: Json) -> Json:
    """Its secret is told once, as Stripe does."""
    secret, asked = "whsec_" + "t" * 32, form.pop("include", [])
    made = {"object": "v2.core.event_destination", "status": "enabled", **form}
    kept = server.world.new("destinations", made)
    told = {"signing_secret": secret} if "webhook_endpoint.signing_secret" in asked else {}
    return {**kept, "webhook_endpoint": {**kept["webhook_endpoint"], **told}}


def _change_destination(server: StripeServer, form: Json, destination_id: str) -> Json:
    destination = server.world.get("destinations", destination_id)
    destination |= form
    return destination


def _enable_destination(server: StripeServer, _form: Json, destination_id: str) -> Json:
    return _change_destination(server, {"status": "enabled"}, destination_id)


def _remove_destination(server: StripeServer, _form: Json, destination_id: str) -> Json:
    server.world.get("destinations", destination_id)
    del server.world.things["destinations"][destination_id]
    return {"id": destination_id, "object": "v2.core.event_destination"}


def _measure(server: StripeServer, form: Json) -> Json:
    world = server.world
    if not any(one["event_name"] == form["event_name"] for one in world.things["meters"].values()):
        raise Refused(400, "no_meter", "No active meter found for event name.")
    if form["identifier"] in world.measured:
        raise Refused(400, "", f"An event already exists with identifier {form['identifier']}.")
    world.measured[form["identifier"]] = form
    if world.swallow_answer > 0:
        world.swallow_answer -= 1
        raise Refused(500, "api_error", "It was taken, but nobody hears of it.", "api_error")
    return {"object": "billing.meter_event", **form}


def _cancel(server: StripeServer, form: Json, subscription_id: str) -> Json:
    subscription = server.world.get("subscriptions", subscription_id)
    if subscription["status"] == "canceled":
        raise Refused(404, "resource_missing", "No such subscription.")
    if form.get("prorate") is True and subscription["status"] == "active":
        server.world.bill(subscription, -proration.unused(server.world, subscription))
    server.world.end(subscription)
    return subscription


def _change(server: StripeServer, form: Json, subscription_id: str) -> Json:
    """New items with proration for the rest of the period, or whether it ends."""
    world, subscription = server.world, server.world.get("subscriptions", subscription_id)
    if "items" in form:
        changed = proration.of(world, subscription, form)
        if changed.total > 0 and subscription["customer"] in world.declines:
            raise Refused(402, "card_declined", "Your card was declined.", "card_error")
        subscription["items"]["data"] = changed.items
        if changed.total:
            world.bill(subscription, changed.total)
    if "cancel_at_period_end" in form:
        subscription["cancel_at_period_end"] = form["cancel_at_period_end"]
    world.tell("customer.subscription.updated", subscription)
    return subscription


def _preview(server: StripeServer, form: Json) -> Json:
    subscription = server.world.get("subscriptions", form["subscription"])
    return proration.previewed(server.world, subscription, form["subscription_details"])


ROUTES: list[tuple[str, str, Callable[..., Json]]] = [
    ("GET", r"/v1/(products|subscriptions|invoices|customers|webhook_endpoints)/([^/]+)", _one),
    ("GET", r"/v2/core/(event_destinations|events)/([^/]+)", _one),
    ("POST", "/v1/invoices/create_preview", _preview),
    ("POST", "/v1/products", _new_product),
    ("POST", r"/v1/products/([^/]+)", _change_product),
    ("POST", "/v1/prices", _new_price),
    ("POST", "/v1/billing/meters", _new_meter),
    ("POST", "/v1/billing/meter_events", _measure),
    ("POST", "/v1/customers", _new_customer),
    ("POST", "/v1/checkout/sessions", _new_session),
    ("POST", r"/v1/checkout/sessions/([^/]+)/expire", _expire_session),
    ("POST", "/v1/billing_portal/sessions", _new_portal),
    ("POST", "/v1/billing_portal/configurations", _new_configuration),
    ("POST", "/v1/webhook_endpoints", _new_endpoint),
    ("POST", r"/v1/webhook_endpoints/([^/]+)", _change_endpoint),
    ("DELETE", r"/v1/webhook_endpoints/([^/]+)", _remove_endpoint),
    ("GET", "/v2/core/event_destinations", _destinations),
    ("POST", "/v2/core/event_destinations", _new_destination),
    ("POST", r"/v2/core/event_destinations/([^/]+)", _change_destination),
    ("POST", r"/v2/core/event_destinations/([^/]+)/enable", _enable_destination),
    ("DELETE", r"/v2/core/event_destinations/([^/]+)", _remove_destination),
    ("POST", r"/v1/subscriptions/([^/]+)", _change),
    ("DELETE", r"/v1/subscriptions/([^/]+)", _cancel),
]


def _handler(server: StripeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            parts = urlsplit(self.path)
            is_json = "json" in (self.headers.get("Content-Type") or "")
            form = json.loads(body) if is_json and body else decoded(body or parts.query)
            asked = Asked(self.command, parts.path, form, self.headers.get("Idempotency-Key") or "")
            with server.lock:
                if not parts.path.startswith(("/v1/", "/v2/")):
                    self.show(parts.path)
                    return
                status, answer = self.answer(asked)
                server.asked.append(asked)
                wait = server.delays.pop(0) if server.delays and "/subscriptions" in parts.path else 0
            time.sleep(wait)  # the answer is as old as that when it arrives
            self.send(status, answer, "application/json")

        do_GET = do_POST = do_DELETE = serve  # noqa: N815 - the names of the standard library

        def answer(self, asked: Asked) -> tuple[int, bytes]:
            try:
                if self.headers.get("Authorization") != f"Bearer {KEY}":
                    raise Refused(401, "api_key_invalid", "Invalid API Key provided.")
                return 200, json.dumps(server.answer(asked)).encode()
            except Refused as refused:
                return refused.status, json.dumps(refused.body).encode()

        def show(self, path: str) -> None:
            """Stripe's own pages: one button each."""
            _, kind, thing_id = path.split("/")
            sessions = server.world.things["sessions" if kind == "checkout" else "portals"]
            if self.command == "GET":
                body = BUTTON.format(label="Subscribe" if kind == "checkout" else "Pay what is open")
                self.send(200, PAGE.format(title=kind.title(), body=body).encode(), "text/html; charset=utf-8")
                return
            if kind == "checkout":
                server.world.pay(thing_id)
            else:
                server.world.pay_what_is_open(sessions[thing_id]["customer"])
            back = sessions[thing_id]["success_url" if kind == "checkout" else "return_url"]
            self.send(303, b"", "text/html", {"Location": back})

        def send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            known = {"Content-Type": kind, "Content-Length": str(len(body)), "Request-Id": "req_test"}
            for name, value in {**known, **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    return Handler
