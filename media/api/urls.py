"""Routes under /api/v1 about recordings. No path ends in a slash."""

from __future__ import annotations

from django.urls import URLPattern, path

from media.api import import_views, project_views, upload_views, views

urlpatterns: list[URLPattern] = [
    path("media", views.MediaListView.as_view(), name="api-media-list"),
    path("media/uploads", upload_views.UploadListView.as_view(), name="api-media-uploads"),
    path("media/uploads/<uuid:upload_id>", upload_views.UploadView.as_view(), name="api-media-upload"),
    path(
        "media/uploads/<uuid:upload_id>/complete",
        upload_views.CompleteUploadView.as_view(),
        name="api-media-upload-complete",
    ),
    path("media/uploads/<uuid:upload_id>/abort", upload_views.AbortUploadView.as_view(), name="api-media-upload-abort"),
    path("media/import", import_views.ImportView.as_view(), name="api-media-import"),
    path("media/<uuid:recording_id>", views.MediaView.as_view(), name="api-media"),
    path("media/<uuid:recording_id>/restore", views.RestoreView.as_view(), name="api-media-restore"),
    path("media/<uuid:recording_id>/download", views.DownloadView.as_view(), name="api-media-download"),
    path("media/<uuid:recording_id>/playback", views.PlaybackView.as_view(), name="api-media-playback"),
    path("media/<uuid:recording_id>/waveform", views.WaveformView.as_view(), name="api-media-waveform"),
    path("limits", views.LimitsView.as_view(), name="api-limits"),
    path("tags", views.TagListView.as_view(), name="api-tags"),
    path("organizations/<slug:slug>/projects", project_views.ProjectListView.as_view(), name="api-projects"),
    path(
        "organizations/<slug:slug>/projects/<uuid:project_id>",
        project_views.ProjectView.as_view(),
        name="api-project",
    ),
]
