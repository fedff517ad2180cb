"""Everything under /api/v1."""

from django.urls import include, path, re_path

from config.common.api import not_found
from config.root import ApiRootView

urlpatterns = [
    path("", ApiRootView.as_view(), name="api-root"),
    path("/", include("organizations.api.urls")),
    path("/", include("billing.api.urls")),
    path("/", include("media.api.urls")),
    path("/", include("transcription.api.urls")),
    re_path(r"^/.*$", not_found),
]
