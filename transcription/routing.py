"""What the live process answers."""

from typing import Any

from django.urls import path

from transcription import consumers

# Django's `path` is typed for views of the web process; Channels gives it ASGI applications.
_path: Any = path

websocket_urlpatterns = [
    _path("live/organization", consumers.OrganizationSocket.as_asgi()),
    _path("live/jobs/<uuid:job_id>", consumers.JobSocket.as_asgi()),
    _path("live/transcripts/<uuid:transcript_id>", consumers.TranscriptSocket.as_asgi()),
]
http_urlpatterns = [_path("live/jobs/<uuid:job_id>/events", consumers.JobEventStream.as_asgi())]
