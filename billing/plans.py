"""What each plan gives and costs: a table, and which line of it holds for an account.

None means unlimited. Amounts are integers of the currency's smallest unit (cents). A price is found in Stripe by its
lookup key, so that a price may change there without a release here; the amounts below are what `billing sync` makes
when there is none yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.common.clock import now

if TYPE_CHECKING:
    from billing.models import Account

MINUTE = 60
HOUR = 60 * MINUTE
GB = 1000**3


class PlanKey(StrEnum):
    FREE = "free"
    PRO = "pro"
    TEAM = "team"
    ENTERPRISE = "enterprise"
    SELF_HOSTED = "self_hosted"


class Interval(StrEnum):
    MONTH = "month"
    YEAR = "year"


class Feature(StrEnum):
    OVERAGE = "overage"
    MORE_SEATS = "more_seats"


@dataclass(frozen=True, slots=True)
class Price:
    """One price of a plan, for each seat where the plan is sold by the seat."""

    lookup_key: str
    interval: Interval
    amount: int


@dataclass(frozen=True, slots=True)
class Overage:
    """What goes past the included time: measured by the second, paid by the minute, rounded up once an invoice."""

    lookup_key: str
    amount_per_minute: int

    def key_for(self, interval: Interval) -> str:
        """Stripe bills a metered price as often as the rest of the subscription, so there is one for each interval."""
        return f"{self.lookup_key}_{interval.value}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds are audio seconds of one period. Where `per_seat` is set, seconds and bytes are those of one seat."""

    key: PlanKey
    name: Promise
    included_seconds: int | None = None
    storage_bytes: int | None = None
    seats: int | None = None
    max_concurrent_jobs: int | None = None
    features: frozenset[Feature] = frozenset()
    monthly: Price | None = None
    yearly: Price | None = None
    overage: Overage | None = None
    trial_days: int = 0
    per_seat: bool = False

    @property
    def prices(self) -> tuple[Price, ...]:
        return tuple(price for price in (self.monthly, self.yearly) if price is not None)

    @property
    def for_sale(self) -> bool:
        """Whether people can buy it themselves."""
        return bool(self.prices)

    def price(self, interval: Interval) -> Price | None:
        return self.monthly if interval is Interval.MONTH else self.yearly

    def seconds_for(self, seats: int) -> int | None:
        """The included seconds of a period, with `seats` bought."""
        return self._for(self.included_seconds, seats)

    def bytes_for(self, seats: int) -> int | None:
        return self._for(self.storage_bytes, seats)

    def seats_for(self, seats: int) -> int | None:
        """How many people may belong: what was bought, or what the plan has."""
        return max(1, seats) if self.per_seat else self.seats

    def _for(self, amount: int | None, seats: int) -> int | None:
        if amount is None or not self.per_seat:
            return amount
        return amount * max(1, seats)


# The same for all, so that who changes the plan in the middle of a period keeps what was measured.
OVERAGE = Overage("tadwin_overage", 2)
PLANS: dict[PlanKey, Plan] = {
    PlanKey.FREE: Plan(
        key=PlanKey.FREE,
        name=_("Free"),
        included_seconds=2 * HOUR,
        storage_bytes=2 * GB,
        seats=2,
        max_concurrent_jobs=1,
    ),
    PlanKey.PRO: Plan(
        key=PlanKey.PRO,
        name=_("Pro"),
        included_seconds=20 * HOUR,
        storage_bytes=50 * GB,
        seats=3,
        max_concurrent_jobs=4,
        features=frozenset({Feature.OVERAGE}),
        monthly=Price("tadwin_pro_monthly", Interval.MONTH, 1900),
        yearly=Price("tadwin_pro_yearly", Interval.YEAR, 19000),
        overage=OVERAGE,
        trial_days=14,
    ),
    PlanKey.TEAM: Plan(
        key=PlanKey.TEAM,
        name=_("Team"),
        included_seconds=30 * HOUR,
        storage_bytes=100 * GB,
        max_concurrent_jobs=12,
        features=frozenset({Feature.OVERAGE, Feature.MORE_SEATS}),
        monthly=Price("tadwin_team_monthly", Interval.MONTH, 2400),
        yearly=Price("tadwin_team_yearly", Interval.YEAR, 24000),
        overage=OVERAGE,
        trial_days=14,
        per_seat=True,
    ),
    PlanKey.ENTERPRISE: Plan(
        key=PlanKey.ENTERPRISE, name=_("Enterprise"), features=frozenset({Feature.MORE_SEATS}), max_concurrent_jobs=50
    ),
    PlanKey.SELF_HOSTED: Plan(key=PlanKey.SELF_HOSTED, name=_("Self-hosted")),
}


def money() -> bool:
    """Whether anything costs anything here: without a key of Stripe everybody is self-hosted."""
    return bool(settings.STRIPE_SECRET_KEY)


def plan_of(account: Account | None) -> Plan:
    """The plan in force: a gift of the staff's, else what the subscription pays for, else the free one."""
    if not money():
        return PLANS[PlanKey.SELF_HOSTED]
    if account is None:
        return PLANS[PlanKey.FREE]
    return _plan(account.comp_plan if is_gift(account) else account.plan)


def is_gift(account: Account) -> bool:
    """Whether the staff's gift is in force: then neither payments nor their failure mean anything."""
    return bool(account.comp_plan) and (account.comp_until is None or account.comp_until > now())


def grace() -> timedelta:
    """For how long everything works after a payment failed."""
    return timedelta(days=settings.BILLING_GRACE_DAYS)


def _plan(key: str) -> Plan:
    """The plan called `key`; the free one for a name that a later release has dropped."""
    return PLANS[PlanKey(key)] if key in set(PlanKey) else PLANS[PlanKey.FREE]
