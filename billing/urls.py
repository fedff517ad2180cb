"""Pages about usage and money."""

from __future__ import annotations

from django.urls import path

from billing.gateway.webhook import stripe_webhook
from billing.views import plan, usage

urlpatterns = [
    path("o/<slug:slug>/usage", usage.usage, name="usage"),
    path("o/<slug:slug>/usage.csv", usage.usage_csv, name="usage-csv"),
    path("o/<slug:slug>/usage/cap", usage.usage_cap, name="usage-cap"),
    path("pricing", plan.pricing, name="pricing"),
    path("o/<slug:slug>/plan", plan.plan_page, name="plan"),
    path("o/<slug:slug>/plan/choose", plan.choose, name="plan-choose"),
    path("o/<slug:slug>/plan/change", plan.change, name="plan-change"),
    path("o/<slug:slug>/plan/portal", plan.portal, name="plan-portal"),
    path("o/<slug:slug>/plan/cancel", plan.cancel, name="plan-cancel"),
    path("o/<slug:slug>/plan/resume", plan.resume, name="plan-resume"),
    path("o/<slug:slug>/plan/done", plan.done, name="plan-done"),
    path("o/<slug:slug>/plan/invoices", plan.invoices_page, name="invoices"),
    path("stripe/webhook/<uuid:uuid>", stripe_webhook, name="stripe-webhook"),
]
