from django.urls import path

from billing.api import money, views

urlpatterns = [
    path("usage", views.UsageView.as_view(), name="api-usage"),
    path("usage/export", views.UsageExportView.as_view(), name="api-usage-export"),
    path("billing/plans", money.PlansView.as_view(), name="api-billing-plans"),
    path("billing/subscription", money.SubscriptionView.as_view(), name="api-billing-subscription"),
    path("billing/subscription/preview", money.PreviewView.as_view(), name="api-billing-preview"),
    path("billing/checkout", money.CheckoutView.as_view(), name="api-billing-checkout"),
    path("billing/portal", money.PortalView.as_view(), name="api-billing-portal"),
    path("billing/invoices", money.InvoicesView.as_view(), name="api-billing-invoices"),
]
