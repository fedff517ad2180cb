"""Every address of the web process."""

from __future__ import annotations

from csp.constants import NONCE, SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

from config.common.api import not_found
from config.health import detailed, health
from config.metrics import metrics
from media.local_upload import local_object

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("health/detailed", detailed, name="health-detailed"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1", include("config.api_urls")),
    path("v1/", include("transcription.openai_api.urls")),
    path("media/local/<path:key>", local_object, name="media-local-object"),
    path("", include("organizations.urls")),
    path("", include("billing.urls")),
    path("", include("media.urls")),
    path("", include("transcription.urls")),
]

if settings.API_DOCS:
    # Both make style elements; static/js/reference.js marks them with the nonce.
    styled = csp_update({"style-src": [SELF, NONCE]})
    urlpatterns += [
        path("api/schema", SpectacularAPIView.as_view(), name="schema"),
        path("api/docs", styled(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="api-docs"),
        path("api/redoc", styled(SpectacularRedocView.as_view(url_name="schema")), name="api-redoc"),
    ]

urlpatterns.append(re_path(r"^api/.*$", not_found))
