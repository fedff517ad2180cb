"""The public form of what is counted."""

from __future__ import annotations

from typing import Any

from billing.reports.overview import Overview
from config.common.clock import iso


def overview_json(found: Overview) -> dict[str, Any]:
    time, storage, seats = found.time, found.storage, found.seats
    return {
        "period": {
            "start": iso(found.limits.period.start),
            "end": iso(found.limits.period.end),
            "included_seconds": time.included,
            "used_seconds": time.used,
            "reserved_seconds": time.reserved,
            "adjusted_seconds": time.adjusted,
            "overage_seconds": time.overage,
            "remaining_seconds": time.remaining,
        },
        "storage": {
            "used_bytes": storage.used,
            "limit_bytes": storage.limit,
            "remaining_bytes": storage.remaining,
        },
        "seats": {"taken": seats.used, "limit": seats.limit, "remaining": seats.remaining},
    }
