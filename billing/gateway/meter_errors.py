"""What Stripe finds wrong with measured minutes, some time after it took them: thin events, to be fetched whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog

from billing.gateway import outbox, stripe_api
from billing.models import StripeEvent

logger = structlog.get_logger(__name__)
Json = dict[str, Any]
KINDS = ("v1.billing.meter.error_report_triggered", "v1.billing.meter.no_meter_found")


def read(event: StripeEvent) -> None:
    """Keep the report, mark the calls that it names as failed, and tell the operators. Raises stripe.StripeError.

    A report has samples of each kind of error, not every one of them: the log says how many it did not name.
    """
    whole = stripe_api.plain(stripe_api.client().v2.core.events.retrieve(event.event_id))
    report = whole.get("data") or {}
    event.payload = {**event.payload, "data": report}
    named = list(_named(report))
    marked = [identifier for identifier, code in named if outbox.refuse(identifier, f"{code} {event.event_id}")]
    count = int((report.get("reason") or {}).get("error_count") or len(named))
    logger.error(
        "meter_events_refused", stripe_event=event.event_id, count=count, marked=len(marked),
        unnamed=max(0, count - len(named)), codes=sorted({code for _identifier, code in named}),
    )  # fmt: skip


def _named(report: Json) -> Iterator[tuple[str, str]]:
    """(identifier, code) of each sample."""
    for kind in (report.get("reason") or {}).get("error_types") or []:
        for sample in kind.get("sample_errors") or []:
            yield str((sample.get("request") or {}).get("identifier") or ""), str(kind.get("code") or "")
