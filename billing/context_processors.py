"""What every page knows of money: nothing, unless payments failed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing.gateway.accounts import read_only_from
from billing.models import Account
from billing.plans import money as sells
from billing.plans import plan_of
from organizations.tenancy import Caller

Status = Account.Status


def money(request: HttpRequest) -> dict[str, Any]:
    """`sells`: whether there are plans here. `debt`: the account to warn of, or nothing."""
    caller: Caller | None = getattr(request, "caller", None)
    return {"sells": sells(), "debt": SimpleLazyObject(lambda: _debt(caller)) if caller and sells() else None}


def _debt(caller: Caller) -> dict[str, Any]:
    late = Account.objects.filter(organization=caller.organization, status__in=[Status.PAST_DUE, Status.READ_ONLY])
    account = late.first()
    if account is None or plan_of(account).key != account.plan:
        return {}
    return {"account": account, "from": read_only_from(account), "is_over": account.status == Status.READ_ONLY}
