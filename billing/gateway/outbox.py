"""Calls to Stripe that must happen once and may wait: written with what causes them, sent by a worker, tried again.

A call that was sent but not written down as such is sent again under the same identifier, which Stripe takes once. It
remembers identifiers for a day, so a call is given up before that; staff look into Stripe before they send it again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import stripe
import structlog
from django.db import transaction

from billing.gateway import stripe_api
from billing.gateway.subscription_state import ENDED, LIVE
from billing.models import StripeCall
from billing.plans import money
from config.common import queue
from config.common.clock import now
from organizations.models import Organization

logger = structlog.get_logger(__name__)
# After each failed try; together less than the day for which Stripe remembers a key.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 600))
BATCH = 200
# The name of the meter's events; `billing sync` makes the meter.
METER = "tadwin_audio_seconds"
# What follows a key in an identifier: how often it was refused, and a try of ours.
AGAIN, TRY = "~", "/"
Kind, Status = StripeCall.Kind, StripeCall.Status


def put(*, kind: str, key: str, organization_id: UUID, customer: str, payload: dict[str, Any]) -> bool:
    """Write the call in the current transaction; False for a key that is there already."""
    rest = {"kind": kind, "organization_id": organization_id, "customer": customer, "payload": payload}
    call, is_new = StripeCall.objects.get_or_create(key=key, defaults=rest)
    if is_new:
        queue.on_commit("billing.send_call", call.pk)
    return is_new


def send(call_id: UUID | str) -> bool:
    """Send one call if it is due and no other worker is at it; True when Stripe took it."""
    with transaction.atomic():
        due = StripeCall.objects.due().select_for_update(skip_locked=True)
        call: StripeCall | None = due.filter(pk=call_id).first()
        return call is not None and money() and _try(call)


def ring_due() -> int:
    """Sent by beat: ring for calls whose time has come, and for those that the broker lost. How many there were."""
    ids = list(StripeCall.objects.due().order_by("due_at").values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        queue.send("billing.send_call", pk)
    return len(ids)


def again(call: StripeCall) -> bool:
    """Staff have looked, and let a call that was given up go out again; False for one that was not."""
    fresh = {"status": Status.WAITING, "attempts": 0, "due_at": now(), "finished_at": None, "updated_at": now()}
    freed = bool(StripeCall.objects.filter(pk=call.pk, status=Status.FAILED).update(**fresh))
    if freed:
        queue.on_commit("billing.send_call", call.pk)
    return freed


def refuse(identifier: str, reason: str) -> bool:
    """Stripe took the event `identifier` and could not count it after all; True where it was one of ours.

    It has failed then, and goes out again under another identifier, for this one is used up. Call in a transaction.
    """
    key, times = _call_of(identifier)
    call = StripeCall.objects.select_for_update().filter(kind=Kind.METER, key=key).first()
    if call is None or call.payload.get("refused", 0) != times:
        return False  # nobody's, or an old report of what was sent again since
    call.payload = {**call.payload, "refused": times + 1}
    call.status, call.finished_at, call.error = Status.FAILED, now(), reason
    call.save()
    return True


def _try(call: StripeCall) -> bool:
    call.attempts += 1
    try:
        _send(call)
    except Exception as error:  # whatever it is: the call stays, is tried again, and is seen by the staff at last
        _postpone(call, error)
    else:
        call.status, call.finished_at, call.error = Status.SENT, now(), ""
    call.save()
    return call.status == Status.SENT


def _send(call: StripeCall) -> None:
    if call.kind == Kind.METER:
        _measure(call)
    else:
        _cancel(call)


def _measure(call: StripeCall) -> None:
    """Each try has an Idempotency-Key of its own: under an old one, Stripe would answer an old failure again for a day.

    It begins with the identifier, because reports of errors may name either.
    """
    identifier = _identifier(call)
    params: Any = {
        "event_name": METER,
        "identifier": identifier,
        "timestamp": int(call.happened_at.timestamp()),
        "payload": {"stripe_customer_id": call.customer, "value": str(call.payload["seconds"])},
    }
    try:
        fresh: Any = {"idempotency_key": f"{identifier}{TRY}{uuid4().hex}"}
        stripe_api.client().v1.billing.meter_events.create(params, fresh)
    except stripe.InvalidRequestError as error:
        if not _is_known(error):
            raise


def _identifier(call: StripeCall) -> str:
    """The call's key (a job's id), numbered after Stripe has refused it."""
    times = call.payload.get("refused", 0)
    return f"{call.key}{AGAIN}{times}" if times else call.key


def _call_of(identifier: str) -> tuple[str, int]:
    """The key of the call that sent `identifier`, and how often it had been refused before."""
    key, _sign, times = identifier.partition(TRY)[0].partition(AGAIN)
    return key, int(times) if times.isdecimal() else 0


def _is_known(error: stripe.InvalidRequestError) -> bool:
    """The identifier was taken: an earlier try arrived, only its answer did not."""
    said = str(error).lower()
    return error.code == "duplicate_meter_event" or ("identifier" in said and "already exists" in said)


def _cancel(call: StripeCall) -> None:
    """As the organization is by now, so that it does not matter in which order calls arrive.

    Gone for good: every subscription ends, for nobody is left to hear of a second. Deleted: none is renewed. Brought
    back: all are again.
    """
    organization = Organization.objects.filter(pk=call.organization_id).first()
    for one in stripe_api.subscriptions_of(call.customer):
        if organization is None and one["status"] not in ENDED:
            _end(one["id"])
        elif organization is not None and one["status"] in LIVE:
            renewal: Any = {"cancel_at_period_end": organization.is_deleted}
            stripe_api.client().v1.subscriptions.update(one["id"], renewal)


def _end(subscription: str) -> None:
    """What was measured is billed, and nothing is after that. One that has ended already is no error."""
    try:
        stripe_api.client().v1.subscriptions.cancel(subscription, {"invoice_now": True, "prorate": False})
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise


def _postpone(call: StripeCall, error: Exception) -> None:
    # SECURITY: Stripe's words may quote the request; kept are the kind of error and its code.
    told = (getattr(error, "code", None), getattr(error, "request_id", None))
    call.error = " ".join([type(error).__name__, *(str(one) for one in told if one)])
    logger.warning("stripe_call_failed", call=str(call.pk), kind=call.kind, attempt=call.attempts, error=call.error)
    if call.attempts > len(DELAYS):
        call.status, call.finished_at = Status.FAILED, now()
        logger.error("stripe_call_given_up", call=str(call.pk), kind=call.kind)
        return
    call.due_at = now() + DELAYS[call.attempts - 1]
