"""Copies of Stripe's objects in dj-stripe's tables, for the staff. Nothing of ours decides by them.

SECURITY: rows are written here and not by dj-stripe's own sync, which puts the secret key into a table of its own, as
plain text, and asks Stripe again for everything that an object names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from djstripe import models

from billing.gateway import stripe_api

Json = Mapping[str, Any]


def subscription(data: Json | None) -> None:
    if data is not None:
        _keep(models.Subscription, data, customer=_customer(data))


def invoice(invoice_id: str) -> None:
    data = stripe_api.plain(stripe_api.client().v1.invoices.retrieve(invoice_id))
    _keep(models.Invoice, data, customer=_customer(data))


def forget(customer: str) -> None:
    """The organization is gone: names and addresses of people are not kept."""
    models.Customer.objects.filter(id=customer).delete()


def _customer(data: Json) -> models.Customer:
    known = {"livemode": bool(data.get("livemode", settings.STRIPE_LIVE_MODE))}
    row: models.Customer = models.Customer.objects.get_or_create(id=data["customer"], defaults=known)[0]
    return row


def _keep(model: Any, data: Json, **links: Any) -> None:
    known = {
        "stripe_data": data,
        "livemode": bool(data.get("livemode", settings.STRIPE_LIVE_MODE)),
        "created": datetime.fromtimestamp(data["created"], UTC),
        "metadata": data.get("metadata") or {},
        **links,
    }
    model.objects.update_or_create(id=data["id"], defaults=known)
