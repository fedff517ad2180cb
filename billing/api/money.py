"""/api/v1/billing: the plan, for owners. Without a key of Stripe none of these exists."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api import money_serializers as serializers
from billing.gateway import accounts, stripe_api
from billing.services import checkout, invoices, offers, previews, subscriptions
from billing.services.invoices import Invoice
from billing.services.previews import Preview
from config.common.api import validated
from config.common.clock import iso
from config.common.pagination import page_of
from organizations.api.base import TenantAPIView
from organizations.roles import Action

Json = dict[str, Any]


class PlansView(TenantAPIView):
    actions = {"GET": Action.BILLING_MANAGE}

    @extend_schema(operation_id="billing_plans", responses=serializers.PlanListSerializer)
    def get(self, request: Request) -> Response:
        """Every plan with what it holds and costs."""
        stripe_api.require()
        return Response({"data": [offers.as_json(offer) for offer in offers.all_of_them()]})


class SubscriptionView(TenantAPIView):
    actions = {"GET": Action.BILLING_MANAGE, "PATCH": Action.BILLING_MANAGE}

    @extend_schema(operation_id="billing_subscription", responses=serializers.SubscriptionSerializer)
    def get(self, request: Request) -> Response:
        """The plan in force and the state of its subscription."""
        stripe_api.require()
        return Response(accounts.subscription_data(accounts.account_of(self.caller.organization)))

    @extend_schema(
        operation_id="billing_subscription_change",
        request=serializers.ChangeSubscriptionSerializer,
        responses=serializers.SubscriptionSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Another plan, interval or number of seats, at once and with proration; or its end, or no end after all."""
        stripe_api.require()
        asked = validated(serializers.ChangeSubscriptionSerializer, request.data)
        if "cancel_at_period_end" in asked:
            act = subscriptions.cancel if asked["cancel_at_period_end"] else subscriptions.resume
            return Response(accounts.subscription_data(act(caller=self.caller)))
        return Response(accounts.subscription_data(subscriptions.change(caller=self.caller, **asked)))


class PreviewView(TenantAPIView):
    actions = {"POST": Action.BILLING_MANAGE}

    @extend_schema(
        operation_id="billing_subscription_preview",
        request=serializers.WantedSubscriptionSerializer,
        responses=serializers.PreviewSerializer,
    )
    def post(self, request: Request) -> Response:
        """What a change would cost: now, given back, and with the next invoice. Nothing is changed by asking."""
        stripe_api.require()
        asked = validated(serializers.WantedSubscriptionSerializer, request.data)
        return Response(_preview(previews.of(caller=self.caller, **asked)))


class CheckoutView(TenantAPIView):
    actions = {"POST": Action.BILLING_MANAGE}

    @extend_schema(
        operation_id="billing_checkout",
        request=serializers.CheckoutSerializer,
        responses={201: serializers.AddressSerializer},
    )
    def post(self, request: Request) -> Response:
        """The address of a page of Stripe's where a person buys a plan."""
        stripe_api.require()
        asked = validated(serializers.CheckoutSerializer, request.data)
        return Response({"url": checkout.start(caller=self.caller, **asked)}, status=201)


class PortalView(TenantAPIView):
    actions = {"POST": Action.BILLING_MANAGE}

    @extend_schema(operation_id="billing_portal", request=None, responses={201: serializers.AddressSerializer})
    def post(self, request: Request) -> Response:
        """The address of Stripe's portal: cards, the address on invoices, tax ids."""
        return Response({"url": checkout.portal(caller=self.caller)}, status=201)


class InvoicesView(TenantAPIView):
    actions = {"GET": Action.BILLING_MANAGE}

    @extend_schema(
        operation_id="billing_invoices",
        parameters=[serializers.InvoiceQuerySerializer],
        responses=page_of(serializers.InvoiceSerializer),
    )
    def get(self, request: Request) -> Response:
        """Invoices with their PDFs, the newest first."""
        stripe_api.require()
        asked = validated(serializers.InvoiceQuerySerializer, request.query_params.dict())
        found = invoices.newest(caller=self.caller, limit=asked["limit"], after=asked.get("cursor", ""))
        older = {"limit": asked["limit"], "cursor": found.after}
        following = f"{request.build_absolute_uri(request.path)}?{urlencode(older)}" if found.after else None
        return Response({"data": [_invoice(one) for one in found.invoices], "next": following, "previous": None})


def _preview(preview: Preview) -> Json:
    moments = {"next_at": iso(preview.next_at), "proration_at": iso(preview.proration_at)}
    return asdict(preview) | moments | {"plan": preview.plan.key.value, "interval": preview.interval.value}


def _invoice(invoice: Invoice) -> Json:
    return {
        "id": invoice.id,
        "number": invoice.number,
        "status": invoice.status,
        "total": invoice.total,
        "due": invoice.due,
        "currency": invoice.currency,
        "created_at": iso(invoice.created),
        "url": invoice.page or None,
        "pdf_url": invoice.pdf or None,
    }
