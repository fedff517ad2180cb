"""What an organization may use at this moment: its plan, what was agreed beside it, and the state of its payments.

Everybody who refuses something asks here. Billing never deletes anything: the worst that it does is to refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from billing import plans
from billing.models import Account
from billing.plans import Feature, Plan
from billing.quota.periods import Period, period_at
from billing.quota.refusals import refusal
from config.common.clock import now
from organizations.models import Organization

Status = Account.Status
# While these hold, the subscription's own periods count; else the calendar's months do.
SUBSCRIBED = frozenset({Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.READ_ONLY})
# What was promised to be paid is billed, even when the card fails before the job ends.
OWING = frozenset({Status.ACTIVE, Status.PAST_DUE, Status.READ_ONLY})


@dataclass(frozen=True, slots=True)
class Limits:
    """None is unlimited. Seconds are of audio and of the period."""

    plan: Plan
    included_seconds: int | None
    storage_bytes: int | None
    seats: int | None
    max_concurrent_jobs: int | None
    period: Period
    overage_allowed: bool
    """Whether more than the included seconds may be begun now; `overage_billed`: whether such are billed when done."""
    overage_billed: bool
    overage_cap_seconds: int | None
    read_only: bool

    @property
    def ceiling_seconds(self) -> int | None:
        """How much may be used and held in all, overage included."""
        if self.included_seconds is None or not self.overage_allowed:
            return self.included_seconds
        return None if self.overage_cap_seconds is None else self.included_seconds + self.overage_cap_seconds

    @property
    def is_limited(self) -> bool:
        """Whether any of what is counted has an end."""
        return any(limit is not None for limit in (self.included_seconds, self.storage_bytes, self.seats))


def limits_of(organization: Organization) -> Limits:
    return limits_for(Account.objects.filter(organization=organization).first())


def limits_for(account: Account | None, *, at: datetime | None = None) -> Limits:
    """The limits of an account, with the period that holds `at` (now)."""
    plan, moment = plans.plan_of(account), at or now()
    if account is None:
        account = Account()
    paid = plans.money() and not plans.is_gift(account)
    overage = paid and Feature.OVERAGE in plan.features
    subscribed = plans.money() and account.status in SUBSCRIBED
    return Limits(
        plan=plan,
        included_seconds=_first(account.included_seconds, plan.seconds_for(account.seats)),
        storage_bytes=_first(account.max_storage_bytes, plan.bytes_for(account.seats)),
        seats=_first(account.agreed_seats, plan.seats_for(account.seats)),
        max_concurrent_jobs=account.max_concurrent_jobs,
        period=period_at(account.period_start, account.period_end, moment)
        if subscribed
        else period_at(None, None, moment),
        overage_allowed=overage and account.status == Status.ACTIVE,
        overage_billed=overage and account.status in OWING,
        overage_cap_seconds=account.overage_cap_seconds,
        read_only=paid and account.status == Status.READ_ONLY,
    )


def locked_account(organization: Organization) -> Account:
    """THE lock of what an organization uses: who holds it alone counts and adds. Call in a transaction."""
    Account.objects.get_or_create(organization=organization)
    account: Account = Account.objects.select_for_update().get(organization=organization)
    return account


def require_writable(organization: Organization, limits: Limits | None = None) -> None:
    """Raises QuotaExceeded `subscription_past_due` where payments failed for so long that only reading is left."""
    if not plans.money():
        return
    if (limits or limits_of(organization)).read_only:
        detail = _(
            "The last payments failed, so this organization can be read and exported, but not changed. Nothing is "
            "deleted. Pay the open invoice, and everything works again."
        )
        raise refusal(organization, detail, error_type="subscription_past_due")


def _first(own: int | None, of_plan: int | None) -> int | None:
    return of_plan if own is None else own
