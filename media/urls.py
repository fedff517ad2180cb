"""No pages: those about recordings span several apps and live in transcription. The API's routes are in api/urls.py."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
