"""THE writer of what a subscription decides about an account.

Whatever happens at Stripe, in whatever order we hear of it: the customer's subscriptions are asked for again and
the answer is written. One customer at a time, so that an older answer never covers a newer one.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

import stripe
import structlog
from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, Value, When

from billing.gateway import letters, locks, mirror, stripe_api
from billing.gateway.subscription_state import State, UnknownPrice, chosen, state_of
from billing.models import Account
from billing.plans import PLANS, PlanKey, grace, money, plan_of
from config.common.clock import iso, now
from organizations import audit, webhooks
from organizations.models import Organization
from organizations.tenancy import Caller

logger = structlog.get_logger(__name__)
Status = Account.Status
# A change of one of these is worth telling; a new period is not.
TOLD = ("plan", "status", "interval", "seats", "cancel_at_period_end")


def account_of(organization: Organization) -> Account:
    """The organization's account, made when there is none yet."""
    account: Account = Account.objects.get_or_create(organization=organization)[0]
    return account


def of_customer(customer: str) -> Account | None:
    """THE answer to whose a customer of Stripe's is: only one that we made ourselves is somebody's."""
    if not customer:
        return None
    account: Account | None = Account.objects.select_related("organization").filter(stripe_customer=customer).first()
    return account


@transaction.atomic
def refresh(customer: str, *, actor: Caller | None = None) -> Account | None:
    """Ask Stripe how things stand and write it; None for a customer who is none of ours. Raises stripe.StripeError."""
    locks.hold(customer)
    account = of_customer(customer)
    if account is None:
        return None
    known = stripe_api.subscriptions_of(customer)
    subscription = chosen(known, account.stripe_subscription)
    _warn_of_two(customer, known)
    mirror.subscription(subscription)
    state = state_of(subscription, past_due_since=account.past_due_since, moment=now(), grace=grace())
    return write(account, state, actor=actor)


def refreshed(account: Account) -> bool:
    """Whether Stripe could be asked."""
    try:
        refresh(account.stripe_customer)
    except (stripe.StripeError, UnknownPrice) as error:
        logger.warning("account_not_refreshed", account=str(account.pk), error=type(error).__name__)
        return False
    return True


@transaction.atomic
def write(account: Account, state: State, *, actor: Caller | None = None) -> Account:
    row: Account = Account.objects.select_for_update().select_related("organization").get(pk=account.pk)
    before = {name: getattr(row, name) for name in TOLD}
    for field in fields(State):
        setattr(row, field.name, getattr(state, field.name))
    row.trial_used = row.trial_used or state.trial_end is not None
    row.max_concurrent_jobs = _jobs(row)
    row.save()
    changed = audit.changes(before, {name: getattr(row, name) for name in TOLD})
    if changed:
        _tell(row, changed, actor)
    return row


def end_grace() -> int:
    """Sent by beat: who did not pay within the grace can only read from now on; how many that were."""
    return sum(_end_grace_of(pk) for pk in list(_late().values_list("pk", flat=True)))


def _late() -> Any:
    return Account.objects.filter(status=Status.PAST_DUE, past_due_since__lte=now() - grace())


@transaction.atomic
def _end_grace_of(pk: UUID) -> bool:
    """False for one who has paid since the list was made."""
    account = _late().select_for_update().select_related("organization").filter(pk=pk).first()
    if account is None:
        return False
    write(account, State(**{**_state(account), "status": Status.READ_ONLY.value}))
    return True


def settle_jobs() -> int:
    """Sent by beat: accounts whose number of jobs is not what holds now (a gift ended, the key came or went)."""
    wanted, known = _jobs_in_sql(), F("max_concurrent_jobs")
    rows = Account.objects.annotate(wanted=wanted)
    one_is_null = Q(wanted=None, max_concurrent_jobs__isnull=False) | Q(wanted__isnull=False, max_concurrent_jobs=None)
    return int(rows.filter(one_is_null | ~Q(wanted=known)).update(max_concurrent_jobs=wanted, updated_at=now()))


def settle_jobs_of(account: Account) -> None:
    """After the staff have agreed on something, or given a plan."""
    Account.objects.filter(pk=account.pk).update(max_concurrent_jobs=_jobs(account), updated_at=now())


def make_missing() -> int:
    """Sent by beat: where money counts, an organization without an account would have no limit of jobs."""
    missing = Organization.objects.filter(billing_account=None) if money() else Organization.objects.none()
    return len(Account.objects.bulk_create((Account(organization=one) for one in missing), ignore_conflicts=True))


def _jobs(account: Account) -> int | None:
    if account.agreed_concurrent_jobs is not None:
        return account.agreed_concurrent_jobs
    return plan_of(account).max_concurrent_jobs


def _jobs_in_sql() -> Case:
    """`_jobs`, for every account at once."""
    if not money():
        return Case(default=F("agreed_concurrent_jobs"), output_field=IntegerField())
    in_force = Q(comp_until=None) | Q(comp_until__gt=now())
    numbers = [(plan.key.value, Value(plan.max_concurrent_jobs, IntegerField())) for plan in PLANS.values()]
    return Case(
        When(agreed_concurrent_jobs__isnull=False, then=F("agreed_concurrent_jobs")),
        *(When(in_force, comp_plan=key, then=number) for key, number in numbers),
        *(When(plan=key, then=number) for key, number in numbers),
        default=Value(PLANS[PlanKey.FREE].max_concurrent_jobs),
        output_field=IntegerField(),
    )


def _state(account: Account) -> dict[str, Any]:
    return {field.name: getattr(account, field.name) for field in fields(State)}


def _warn_of_two(customer: str, known: list[dict[str, Any]]) -> None:
    live = [one["id"] for one in known if one["status"] in ("active", "trialing", "past_due")]
    if len(live) > 1:
        logger.error("two_subscriptions", customer=customer, subscriptions=live)


def _tell(account: Account, changed: dict[str, Any], actor: Caller | None) -> None:
    audit.record(
        organization=account.organization, action="subscription.changed", actor=actor, target=account, data=changed
    )
    webhooks.emit(account.organization, "subscription.updated", subscription_data(account))
    letters.tell_of_change(account, changed)


def subscription_data(account: Account) -> dict[str, Any]:
    """What programs are told of a subscription, by the API and by webhooks alike."""
    return {
        "plan": plan_of(account).key.value,
        "status": account.status,
        "interval": account.interval or None,
        "seats": account.seats,
        "period_start": iso(account.period_start),
        "period_end": iso(account.period_end),
        "trial_end": iso(account.trial_end),
        "cancel_at_period_end": account.cancel_at_period_end,
        "read_only_from": iso(account.read_only_from),
        "given_until": iso(account.comp_until) if account.comp_plan else None,
    }
