"""An organization's invoices, as Stripe has them at this moment: its links to PDFs grow old, so none is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from billing.gateway import accounts, stripe_api
from organizations.roles import Action
from organizations.tenancy import Caller

MOST = 100


@dataclass(frozen=True, slots=True)
class Invoice:
    """Amounts are integers of the currency's smallest unit."""

    id: str
    number: str
    status: str
    total: int
    due: int
    currency: str
    created: datetime
    page: str
    pdf: str

    @property
    def is_open(self) -> bool:
        return self.status == "open"


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """`after`: what to ask with for older ones; empty where there are none."""

    invoices: list[Invoice]
    after: str


def newest(*, caller: Caller, limit: int = 24, after: str = "") -> InvoicePage:
    """Invoices without drafts, the newest first. Raises PermissionDenied, NotFound, Unavailable."""
    caller.require(Action.BILLING_MANAGE)
    stripe_api.require()
    customer = accounts.account_of(caller.organization).stripe_customer
    if not customer:
        return InvoicePage([], "")
    params: Any = {"customer": customer, "limit": min(limit, MOST), **({"starting_after": after} if after else {})}
    with stripe_api.asking() as client:
        answer = client.v1.invoices.list(params)
    rows = [stripe_api.plain(one) for one in answer.data]
    shown = [_invoice(row) for row in rows if row["status"] != "draft"]
    return InvoicePage(shown, rows[-1]["id"] if answer.has_more and rows else "")


def _invoice(row: dict[str, Any]) -> Invoice:
    return Invoice(
        id=row["id"],
        number=row.get("number") or row["id"],
        status=row["status"],
        total=row["total"],
        due=row["amount_remaining"],
        currency=row["currency"],
        created=datetime.fromtimestamp(row["created"], UTC),
        page=row.get("hosted_invoice_url") or "",
        pdf=row.get("invoice_pdf") or "",
    )
