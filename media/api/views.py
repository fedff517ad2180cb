"""Recordings: list, read, change, delete, restore, and the addresses of their files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseRedirect
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.clock import from_now, iso
from config.common.errors import Invalid
from config.common.pagination import CursorPagination, ordered_by, page_of
from media.api import serializers
from media.api.addresses import base_url
from media.api.filters import filtered
from media.api.presenters import media_detail, media_json, media_rows
from media.models import Project, Recording
from media.services import recordings, tags
from organizations.api.base import TenantAPIView
from organizations.roles import Action
from organizations.tenancy import Caller

ORDERINGS = ("created_at", "name", "duration", "size")
FORMATS = ["mp3", "wav", "flac", "m4a", "aac", "ogg", "opus", "webm", "wma", "aiff", "amr", "mp4", "mov", "mkv", "avi"]
HOUR_SECONDS = 3600.0
Method = TypeVar("Method", bound=Callable[..., Any])


def project_in_body(caller: Caller, project_id: UUID | None) -> Project | None:
    """The project that a body names. Raises Invalid, alike for a foreign and for a missing one."""
    if project_id is None:
        return None
    project: Project | None = Project.objects.visible_to(caller).filter(pk=project_id).first()
    if project is None:
        raise Invalid.field("project", _("There is no such project."), "does_not_exist")
    return project


class RecordingAPIView(TenantAPIView):
    """Parent of the routes about one recording."""

    def recording(self, recording_id: UUID) -> Recording:
        found: Recording = Recording.objects.visible_to(self.caller).get_or_404(recording_id)
        return found


class MediaListView(TenantAPIView):
    actions = {"GET": Action.MEDIA_READ}

    @extend_schema(
        operation_id="media_list",
        summary="List recordings",
        tags=["media"],
        parameters=[serializers.MediaQuerySerializer],
        responses=page_of(serializers.MediaSerializer),
    )
    def get(self, request: Request) -> Response:
        query = validated(serializers.MediaQuerySerializer, request.query_params.dict())
        rows = media_rows(filtered(Recording.objects.visible_to(self.caller), query))
        paginator = ordered_by(request, allowed=ORDERINGS)
        page = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response([media_json(row) for row in page or ()])


class MediaView(RecordingAPIView):
    actions = {"GET": Action.MEDIA_READ, "PATCH": Action.MEDIA_WRITE, "DELETE": Action.MEDIA_DELETE_OWN}

    @extend_schema(summary="Read a recording", tags=["media"], responses=serializers.MediaDetailSerializer)
    def get(self, request: Request, recording_id: UUID) -> Response:
        return Response(media_detail(self.recording(recording_id)))

    @extend_schema(
        summary="Rename, describe, move or tag a recording",
        tags=["media"],
        request=serializers.ChangeMediaSerializer,
        responses=serializers.MediaDetailSerializer,
    )
    def patch(self, request: Request, recording_id: UUID) -> Response:
        recording = self.recording(recording_id)
        changes = validated(serializers.ChangeMediaSerializer, request.data)
        if "project" in changes:
            changes["project"] = project_in_body(self.caller, changes["project"])
        return Response(media_detail(recordings.update(caller=self.caller, recording=recording, **changes)))

    @extend_schema(
        summary="Delete a recording",
        description="Into the trash, from where it can be restored; with `permanent` at once and for good (admins).",
        tags=["media"],
        parameters=[serializers.DeleteQuerySerializer],
        responses={204: None},
    )
    def delete(self, request: Request, recording_id: UUID) -> Response:
        recording = self.recording(recording_id)
        query = validated(serializers.DeleteQuerySerializer, request.query_params.dict())
        remove = recordings.purge_now if query["permanent"] else recordings.delete
        remove(caller=self.caller, recording=recording)
        return Response(status=204)


class RestoreView(RecordingAPIView):
    actions = {"POST": Action.MEDIA_DELETE_OWN}

    @extend_schema(
        summary="Restore a recording from the trash",
        tags=["media"],
        request=None,
        responses=serializers.MediaDetailSerializer,
    )
    def post(self, request: Request, recording_id: UUID) -> Response:
        return Response(media_detail(recordings.restore(caller=self.caller, recording=self.recording(recording_id))))


class FileView(RecordingAPIView):
    """302 to a short-lived signed address, or with `?link=1` the address itself."""

    actions = {"GET": Action.MEDIA_READ}

    def answer(self, request: Request, recording_id: UUID, address: Callable[..., str]) -> Any:
        query = validated(serializers.LinkQuerySerializer, request.query_params.dict())
        expires_at = from_now(seconds=settings.MEDIA_DOWNLOAD_URL_EXPIRES)
        url = address(self.recording(recording_id), base_url=base_url(request))
        if query["link"]:
            return Response({"url": url, "expires_at": iso(expires_at)}, headers={"Cache-Control": "no-store"})
        return HttpResponseRedirect(url, headers={"Cache-Control": "no-store"})


def _file_schema(summary: str) -> Callable[[Method], Method]:
    moved = OpenApiResponse(description="Moved to a short-lived signed address, in `Location`.")
    schema: Callable[[Method], Method] = extend_schema(
        summary=summary,
        tags=["media"],
        parameters=[serializers.LinkQuerySerializer],
        responses={302: moved, 200: serializers.LinkSerializer},
    )
    return schema


class DownloadView(FileView):
    @_file_schema("Download the file as it was uploaded")
    def get(self, request: Request, recording_id: UUID) -> Any:
        return self.answer(request, recording_id, recordings.download_url)


class PlaybackView(FileView):
    @_file_schema("Play the recording: a copy where browsers cannot play the source")
    def get(self, request: Request, recording_id: UUID) -> Any:
        return self.answer(request, recording_id, recordings.playback_url)


class WaveformView(FileView):
    @_file_schema("The waveform: `points` are low and high in turn, from -127 to 127")
    def get(self, request: Request, recording_id: UUID) -> Any:
        return self.answer(request, recording_id, recordings.waveform_url)


class LimitsView(TenantAPIView):
    actions = {"GET": Action.MEDIA_READ}

    @extend_schema(summary="What may be uploaded", tags=["media"], responses=serializers.LimitsSerializer)
    def get(self, request: Request) -> Response:
        return Response(
            {
                "max_size": settings.MEDIA_MAX_SIZE,
                "max_duration": settings.MEDIA_MAX_DURATION_HOURS * HOUR_SECONDS,
                "single_max_size": settings.MEDIA_UPLOAD_SINGLE_MAX,
                "upload_expires": settings.MEDIA_UPLOAD_SESSION_HOURS * HOUR_SECONDS,
                "upload_url_expires": float(settings.MEDIA_UPLOAD_URL_EXPIRES),
                "download_url_expires": float(settings.MEDIA_DOWNLOAD_URL_EXPIRES),
                "trash_days": settings.MEDIA_TRASH_DAYS,
                "formats": FORMATS,
            }
        )


class TagListView(TenantAPIView):
    actions = {"GET": Action.MEDIA_READ}

    @extend_schema(
        operation_id="tags_list",
        summary="List the tags in use",
        tags=["tags"],
        parameters=[serializers.PageQuerySerializer],
        responses=page_of(serializers.TagSerializer),
    )
    def get(self, request: Request) -> Response:
        validated(serializers.PageQuerySerializer, request.query_params.dict())
        paginator = CursorPagination()
        paginator.ordering = ("name", "id")
        page = paginator.paginate_queryset(tags.in_use(self.caller), request, view=self) or ()
        return paginator.get_paginated_response([{**row, "id": str(row["id"])} for row in page])
