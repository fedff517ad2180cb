"""`manage.py billing sync|check`, and what the system checks say."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from djstripe.models import APIKey

from billing import checks
from billing.gateway import destinations, endpoints
from billing.gateway.outbox import METER
from billing.services import catalog, prices
from tests.billing.selling import Shop
from tests.billing.stripe_fake.server import KEY, StripeServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def selling(stripe: StripeServer, settings: Any) -> StripeServer:
    """A key, and nothing in Stripe yet."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_LIVE_MODE = KEY, stripe.url, False
    prices.forget()
    return stripe


def run(what: str) -> str:
    out = StringIO()
    call_command("billing", what, stdout=out)
    return out.getvalue()


def made(server: StripeServer) -> list[str]:
    return [one.path for one in server.asked if one.method in ("POST", "DELETE")]


def test_sync_makes_everything_once(selling: StripeServer) -> None:
    with pytest.raises(CommandError, match=r"13 missing"):
        run("check")

    assert run("sync").count("made") == 13

    before = len(made(selling))
    assert run("sync").count("there") == 13
    assert run("check").count("there") == 13
    assert len(made(selling)) == before, "the second time changes nothing"
    assert not APIKey.objects.exists()


def test_what_it_makes(selling: StripeServer) -> None:
    run("sync")
    things = selling.world.things

    found = {one["lookup_key"]: one for one in things["prices"].values()}
    assert {key: one["unit_amount"] for key, one in found.items()} == {
        "tadwin_pro_monthly": 1900, "tadwin_pro_yearly": 19000, "tadwin_team_monthly": 2400,
        "tadwin_team_yearly": 24000, "tadwin_overage_month": 2, "tadwin_overage_year": 2,
    }  # fmt: skip
    (meter,) = things["meters"].values()
    assert meter["event_name"] == METER
    assert found["tadwin_overage_month"]["recurring"]["meter"] == meter["id"]
    (endpoint,) = things["webhook_endpoints"].values()
    known, thin = endpoints.row(), destinations.row()
    assert known is not None
    assert thin is not None
    assert endpoint["url"].endswith(f"/stripe/webhook/{known.djstripe_uuid}")
    assert set(endpoint["enabled_events"]) == set(endpoints.events())
    (destination,) = things["destinations"].values()
    assert destination["webhook_endpoint"]["url"].endswith(f"/stripe/webhook/{thin.djstripe_uuid}")
    assert (destination["enabled_events"], destination["event_payload"]) == (destinations.EVENTS, "thin")
    assert known.secret != thin.secret
    (portal,) = things["configurations"].values()
    assert "tax_id" in portal["features"]["customer_update"]["allowed_updates"]


def test_what_was_taken_away_or_changed_is_mended(selling: StripeServer) -> None:
    run("sync")
    things = selling.world.things
    things["products"]["tadwin_pro"]["active"] = False
    (endpoint,) = things["webhook_endpoints"].values()
    endpoint |= {"enabled_events": ["invoice.paid"], "status": "disabled"}
    (portal,) = things["configurations"].values()
    portal["active"] = False
    (destination,) = things["destinations"].values()
    destination |= {"enabled_events": [], "status": "disabled"}

    assert run("sync").count("made") == 4

    assert things["products"]["tadwin_pro"]["active"]
    assert endpoint["status"] == "enabled"
    assert set(endpoint["enabled_events"]) == set(endpoints.events())
    assert (destination["enabled_events"], destination["status"]) == (destinations.EVENTS, "enabled")
    assert run("check").count("there") == 13


def test_a_destination_that_somebody_deleted_is_made_again(selling: StripeServer) -> None:
    run("sync")
    selling.world.things["destinations"].clear()
    with pytest.raises(CommandError, match="1 missing"):
        run("check")

    assert run("sync").count("made") == 1
    assert len(selling.world.things["destinations"]) == 1


def test_a_lost_secret_makes_a_new_endpoint(selling: StripeServer, settings: Any) -> None:
    run("sync")
    old = set(selling.world.things["webhook_endpoints"])
    settings.ENCRYPTION_KEYS = ["another key, long enough for everything"]
    assert [one.id for one in checks.check_endpoint()] == ["billing.W002"]

    assert run("sync").count("made") == 2

    assert len(selling.world.things["webhook_endpoints"]) == len(selling.world.things["destinations"]) == 1
    assert not old & set(selling.world.things["webhook_endpoints"])
    assert checks.check_endpoint() == []


def test_an_amount_that_a_person_changed_in_stripe_holds(shop: Shop) -> None:
    price = next(one for one in shop.world.things["prices"].values() if one["lookup_key"] == "tadwin_pro_monthly")
    price["unit_amount"] = 2500
    prices.forget()

    assert not any(finding.made for finding in catalog.sync())
    assert prices.current()["tadwin_pro_monthly"].amount == 2500


def test_prices_of_the_table_while_stripe_is_away(shop: Shop) -> None:
    prices.forget()
    shop.world.failing = 3

    assert prices.current()["tadwin_pro_monthly"].amount == 1900


def test_a_wrong_key_is_told_without_the_key(selling: StripeServer, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_" + "z" * 32
    with pytest.raises(CommandError, match="AuthenticationError") as error:
        run("sync")
    assert "zzzz" not in str(error.value)


def test_without_a_key_there_is_nothing_to_do(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(CommandError, match="STRIPE_SECRET_KEY"):
        run("check")
    everything = (checks.check_key, checks.check_debug, checks.check_webhook_view, checks.check_endpoint)
    assert [message for check in everything for message in check()] == []


def found(*known: Any) -> set[str | None]:
    return {message.id for check in known for message in check()}


def test_checks(settings: Any) -> None:
    live = "sk_live_" + "a" * 24
    settings.STRIPE_SECRET_KEY, settings.STRIPE_LIVE_MODE, settings.STRIPE_API_BASE = live, True, "http://127.0.0.1:1"
    settings.DEBUG, settings.BILLING_CURRENCY, settings.BILLING_GRACE_DAYS = True, "dollars", -1
    assert found(checks.check_key) == {"billing.E002", "billing.E004", "billing.E005"}
    assert found(checks.check_debug) == {"billing.E003"}
    assert found(checks.check_endpoint) == {"billing.W001"}
    settings.STRIPE_SECRET_KEY = "pk_live_" + "a" * 24
    assert "billing.E001" in found(checks.check_key)
    assert found(checks.check_plans) == set()


def test_dj_stripes_own_view_must_stay_away(settings: Any) -> None:
    assert found(checks.check_webhook_view) == set()
    settings.ROOT_URLCONF = "tests.billing.urls_with_djstripe"
    assert found(checks.check_webhook_view) == {"billing.E006"}
