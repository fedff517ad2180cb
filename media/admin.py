"""The staff's view of recordings, uploads and what waits to be deleted."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from config.common.staff import Kept
from media.models import MediaImport, Project, Recording, StoragePurge, Tag, UploadSession
from media.services import probing, purging, recordings, uploads
from media.states import RecordingStatus


@admin.register(Project)
class ProjectAdmin(ModelAdmin):
    list_display = ("name", "organization", "created_at")
    list_select_related = ("organization",)
    search_fields = ("id", "name", "organization__name", "organization__slug")
    autocomplete_fields = ("organization",)
    readonly_fields = ("created_at", "updated_at")


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    list_display = ("name", "organization", "created_at")
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name", "organization__slug")
    autocomplete_fields = ("organization",)


@admin.register(Recording)
class RecordingAdmin(ModelAdmin):
    list_display = ("name", "organization", "status", "reason", "duration", "size", "probe_attempt", "created_at")
    list_filter = ("status", "reason", "has_playback_copy", "created_at")
    list_select_related = ("organization",)
    search_fields = ("id", "name", "filename", "sha256", "organization__name", "organization__slug")
    date_hierarchy = "created_at"
    actions = ("probe_again", "restore", "purge")
    fields = (
        ("name", "organization", "project"),
        "description",
        "tags",
        ("status", "reason", "reason_detail"),
        ("filename", "content_type", "size", "sha256"),
        ("uploaded_by", "uploaded_with", "duplicate_of"),
        ("duration", "has_playback_copy", "has_waveform"),
        ("probe_attempt", "probe_lease_until"),
        "metadata",
        ("created_at", "updated_at", "deleted_at"),
    )
    autocomplete_fields = ("tags",)

    def get_readonly_fields(self, request: HttpRequest, obj: Recording | None = None) -> list[str]:
        """Only what people write may be written here; states change by the actions."""
        names = [name for line in self.fields for name in ((line,) if isinstance(line, str) else line)]
        return [name for name in names if name not in ("name", "description", "tags")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Recording | None = None) -> bool:
        return False  # the row alone would leave its objects behind: there is the purge

    @admin.display(description=_("duration"), ordering="duration_ms")
    def duration(self, recording: Recording) -> str:
        if recording.duration_ms is None:
            return "-"
        minutes, seconds = divmod(recording.duration_ms // 1000, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}"

    @admin.action(description=_("Check the file again"), permissions=["change"])
    def probe_again(self, request: HttpRequest, chosen: QuerySet[Recording]) -> None:
        refused = list(chosen.filter(status=RecordingStatus.REJECTED))
        self._finish(request, [recording for recording in refused if probing.again(recording)], "Checked again")

    @admin.action(description=_("Restore from the trash"), permissions=["change"])
    def restore(self, request: HttpRequest, chosen: QuerySet[Recording]) -> None:
        trashed = list(chosen.filter(status=RecordingStatus.DELETED))
        self._finish(request, [recording for recording in trashed if recordings.bring_back(recording)], "Restored")

    @admin.action(description=_("Delete for good, files included"), permissions=["change"])
    def purge(self, request: HttpRequest, chosen: QuerySet[Recording]) -> None:
        rows = list(chosen)
        for recording in rows:
            recordings.purge(recording)
        self._finish(request, rows, "Deleted for good")

    def _finish(self, request: HttpRequest, changed: list[Recording], what: str) -> None:
        """One line in the admin's history for each, and a message."""
        for recording in changed:
            self.log_change(request, recording, what)
        count = len(changed)
        text = ngettext("%(count)d recording changed.", "%(count)d recordings changed.", count) % {"count": count}
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)


@admin.register(UploadSession)
class UploadSessionAdmin(Kept, ModelAdmin):
    list_display = ("recording", "organization", "status", "strategy", "declared_size", "expires_at")
    list_filter = ("status", "strategy", "expires_at")
    list_select_related = ("organization", "recording")
    search_fields = ("id", "recording__name", "organization__name", "organization__slug")
    actions = ("give_up",)

    @admin.action(description=_("Give these uploads up"), permissions=["manage"])
    def give_up(self, request: HttpRequest, chosen: QuerySet[UploadSession]) -> None:
        rows = chosen.filter(status=UploadSession.Status.OPEN).select_related("recording")
        count = 0
        for session in rows:
            # Before, because the row goes with the upload.
            self.log_change(request, session, "Given up")
            count += uploads.give_up(session)
        text = ngettext("%(count)d upload given up.", "%(count)d uploads given up.", count) % {"count": count}
        self.message_user(request, text)


@admin.register(MediaImport)
class MediaImportAdmin(Kept, ModelAdmin):
    list_display = ("recording", "organization", "host", "received", "expected", "errors", "attempt", "due_at")
    list_filter = ("created_at",)
    list_select_related = ("organization", "recording")
    search_fields = ("id", "host", "recording__name", "organization__name", "organization__slug")
    # SECURITY: the address, even encrypted, is no business of the staff's.
    exclude = ("url",)


@admin.register(StoragePurge)
class StoragePurgeAdmin(Kept, ModelAdmin):
    list_display = ("prefix", "attempts", "not_before", "error", "created_at")
    list_filter = ("created_at",)
    search_fields = ("prefix", "error")
    actions = ("run_now",)

    @admin.action(description=_("Delete the objects now"), permissions=["manage"])
    def run_now(self, request: HttpRequest, chosen: QuerySet[StoragePurge]) -> None:
        for purge in chosen:
            self.log_change(request, purge, "Run now")
        count = sum(purging.run(purge) for purge in chosen)
        text = ngettext("%(count)d folder is empty now.", "%(count)d folders are empty now.", count)
        self.message_user(request, text % {"count": count})
