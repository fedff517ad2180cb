"""What is set beside the plan: corrections by the staff, and how much overage an owner is willing to pay."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from billing import usage
from billing.models import Account, UsageEntry
from billing.quota import thresholds
from billing.quota.limits import limits_for, locked_account
from config.common.clock import now
from config.common.errors import Invalid
from organizations import audit
from organizations.models import Organization
from organizations.roles import Action
from organizations.tenancy import Caller


@transaction.atomic
def correct(*, organization: Organization, seconds: int, reason: str, staff: User | None) -> UsageEntry:
    """A line of the ledger by hand: seconds below zero give time back, others take it. Raises Invalid."""
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid.field("reason", _("Say why, for whoever reads the bill."), "blank")
    if not seconds:
        raise Invalid.field("seconds", _("Nothing would change."), "zero")
    account, moment = locked_account(organization), now()
    line: UsageEntry = UsageEntry.objects.create(
        organization=organization,
        key=f"adjustment:{uuid.uuid4()}",
        kind=UsageEntry.Kind.ADJUSTMENT,
        status=UsageEntry.Status.SETTLED,
        reserved_seconds=0,
        used_seconds=seconds,
        settled_at=moment,
        reason=reason[:200],
    )
    data = {"seconds": seconds, "reason": line.reason}
    audit.record(organization=organization, action="billing.corrected", actor=staff, target=line, data=data, staff=True)
    limits = limits_for(account)
    thresholds.tell(organization, limits, usage.used_seconds(organization, limits.period.start, limits.period.end))
    return line


@transaction.atomic
def cap_overage(*, caller: Caller, seconds: int | None) -> Account:
    """How much past the included time may be used in a period: None without end, 0 nothing. Raises PermissionDenied."""
    caller.require(Action.BILLING_MANAGE)
    account = locked_account(caller.organization)
    before = account.overage_cap_seconds
    if before != seconds:
        account.overage_cap_seconds = seconds
        account.save(update_fields=["overage_cap_seconds", "updated_at"])
        data = audit.changes({"overage_cap_seconds": before}, {"overage_cap_seconds": seconds})
        audit.record(
            organization=caller.organization, action="billing.overage_capped", actor=caller, target=account, data=data
        )
    return account
