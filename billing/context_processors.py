"""What every page knows of money: nothing, unless payments failed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing.models import Account
from billing.plans import is_gift
from billing.plans import money as sells
from organizations.tenancy import Caller

Status = Account.Status


def money(request: HttpRequest) -> dict[str, Any]:
    """`sells`: whether there are plans here. `debt`: the account to warn of, or nothing."""
    caller: Caller | None = getattr(request, "caller", None)
    return {"sells": sells(), "debt": SimpleLazyObject(lambda: _debt(caller)) if caller and sells() else None}


def _debt(caller: Caller) -> dict[str, Any]:
    late = Account.objects.filter(organization=caller.organization, status__in=[Status.PAST_DUE, Status.READ_ONLY])
    account = late.first()
    if account is None or is_gift(account):
        return {}
    return {"account": account, "from": account.read_only_from, "is_over": account.status == Status.READ_ONLY}
