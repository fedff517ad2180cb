"""Everything under /v1, where OpenAI's clients look for it: `base_url="https://tadwin.example/v1"`."""

from __future__ import annotations

from django.urls import path, re_path

from config.common.api import not_found
from transcription.openai_api import views

urlpatterns = [
    path("audio/transcriptions", views.TranscriptionsView.as_view(), name="openai-transcriptions"),
    path("audio/translations", views.TranslationsView.as_view(), name="openai-translations"),
    path("models", views.ModelsView.as_view(), name="openai-models"),
    path("models/<path:model>", views.ModelView.as_view(), name="openai-model"),
    re_path(r"^.*$", not_found),
]
