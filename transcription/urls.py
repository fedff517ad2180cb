"""Addresses of an organization's pages. No address ends in a slash but the home page's."""

from __future__ import annotations

from django.urls import path

from transcription.views import (
    developers,
    home,
    projects,
    quality,
    recording,
    recordings,
    search,
    shared,
    sharing,
    transcript,
)

RECORDING = "o/<slug:slug>/recordings/<uuid:recording_id>"
JOB = "o/<slug:slug>/jobs/<uuid:job_id>"
PROJECT = "o/<slug:slug>/projects/<uuid:project_id>"
TRANSCRIPT = "o/<slug:slug>/transcripts/<uuid:transcript_id>"

urlpatterns = [
    path("o/<slug:slug>/", home.home, name="organization-home"),
    path("o/<slug:slug>/upload", home.upload, name="upload"),
    path("o/<slug:slug>/import", home.import_address, name="import-address"),
    path("o/<slug:slug>/recordings", recordings.recordings, name="recordings"),
    path("o/<slug:slug>/recordings/change", recordings.change_many, name="recordings-change"),
    path(RECORDING, recording.recording, name="recording"),
    path(f"{RECORDING}/edit", recording.edit, name="recording-edit"),
    path(f"{RECORDING}/delete", recording.delete, name="recording-delete"),
    path(f"{RECORDING}/restore", recordings.restore, name="recording-restore"),
    path(f"{RECORDING}/purge", recordings.purge, name="recording-purge"),
    path(f"{RECORDING}/transcribe", recording.transcribe, name="recording-transcribe"),
    path(f"{RECORDING}/play", recording.play, name="recording-play"),
    path(f"{RECORDING}/download", recording.download, name="recording-download"),
    path(f"{JOB}/cancel", recording.cancel_job, name="job-cancel"),
    path(f"{JOB}/retry", recording.retry_job, name="job-retry"),
    path(f"{JOB}/delete", recording.delete_job, name="job-delete"),
    path(TRANSCRIPT, transcript.transcript, name="transcript"),
    path(f"{TRANSCRIPT}/shares", sharing.shares, name="transcript-shares"),
    path(f"{TRANSCRIPT}/shares/<uuid:share_id>/revoke", sharing.revoke_share, name="transcript-share-revoke"),
    path(f"{TRANSCRIPT}/download/<slug:format>", transcript.download, name="transcript-download"),
    path("o/<slug:slug>/search", search.search, name="search"),
    path("s/<str:token>", shared.shared, name="shared"),
    path("s/<str:token>/audio", shared.shared_audio, name="shared-audio"),
    path("s/<str:token>/download/<slug:format>", shared.shared_download, name="shared-download"),
    path("o/<slug:slug>/recordings/export", recordings.export_many, name="recordings-export"),
    path("o/<slug:slug>/projects", projects.projects, name="projects"),
    path("o/<slug:slug>/projects/create", projects.create, name="project-create"),
    path(PROJECT, projects.project, name="project"),
    path(f"{PROJECT}/rename", projects.rename, name="project-rename"),
    path(f"{PROJECT}/delete", projects.delete, name="project-delete"),
    path("o/<slug:slug>/quality", quality.quality, name="quality"),
    path("o/<slug:slug>/quality/<uuid:evaluation_id>", quality.evaluation, name="evaluation"),
    path("o/<slug:slug>/quality/<uuid:evaluation_id>/delete", quality.delete, name="evaluation-delete"),
    path(f"{TRANSCRIPT}/evaluate", quality.evaluate, name="transcript-evaluate"),
    path("o/<slug:slug>/trash", recordings.trash, name="trash"),
    path("o/<slug:slug>/developers", developers.developers, name="developers"),
    path("o/<slug:slug>/developers/keys", developers.create_key, name="key-create"),
    path("o/<slug:slug>/developers/keys/<uuid:key_id>/revoke", developers.revoke_key, name="key-revoke"),
]
