"""The staff's view of jobs and transcripts."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline

from config.common.errors import ApplicationError
from config.common.staff import Kept, ReadOnly
from transcription import dispatch, lifecycle
from transcription.models import (
    Comment,
    DialectPreset,
    Evaluation,
    Glossary,
    GlossaryEntry,
    Highlight,
    Job,
    Operation,
    Segment,
    Speaker,
    Step,
    Transcript,
    TranscriptShare,
    VoiceConsent,
    VoiceProfile,
)
from transcription.services import jobs

STEP_FIELDS = ("kind", "index", "queue", "status", "attempt", "lost_leases", "errors", "worker")


class StepInline(ReadOnly, TabularInline):
    model = Step
    fields = (*STEP_FIELDS, "started_at", "finished_at", "task", "error")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True

    @admin.display(description=_("Celery task"))
    def task(self, step: Step) -> str:
        return task_link(step)


def task_link(step: Step) -> str:
    """The step's Celery result, with worker, run time and traceback; shown, and never read to decide anything."""
    if not step.task_id:
        return "—"
    url = reverse("admin:django_celery_results_taskresult_changelist") + f"?q={step.task_id}"
    return format_html('<a href="{}">{}</a>', url, step.task_id[:8])


@admin.register(Job)
class JobAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "organization", "recording", "status", "stage", "progress", "engine", "model", "created_at")
    list_filter = ("status", "engine", "model", "queue", "priority", "created_at")
    search_fields = ("id", "recording__name", "recording__id", "organization__name", "organization__slug")
    list_select_related = ("organization", "recording")
    date_hierarchy = "created_at"
    inlines = (StepInline,)
    actions = ("retry", "cancel", "requeue")

    @admin.action(description=_("Retry failed and canceled jobs"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, _reopened, "Retried")

    @admin.action(description=_("Cancel active jobs"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, lambda job: lifecycle.cancel(job.pk), "Canceled")

    @admin.action(description=_("Take running steps from their workers and queue them again"))
    def requeue(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, _requeued, "Queued again")

    def _each(self, request: HttpRequest, queryset: QuerySet[Job], act: Callable[[Job], bool], what: str) -> None:
        """Act on every job and write down which were changed; one that refuses is told, and stops no other."""
        done = 0
        for job in queryset:
            try:
                if act(job):
                    self.log_change(request, job, what)
                    done += 1
            except ApplicationError as error:
                self.message_user(request, f"{job.pk}: {error.detail}", messages.WARNING)
        text = ngettext("%(count)d job changed.", "%(count)d jobs changed.", done) % {"count": done}
        self.message_user(request, text, messages.SUCCESS)


def _reopened(job: Job) -> bool:
    jobs.reopen(job)
    return True


def _requeued(job: Job) -> bool:
    """False where no step of it was running."""
    queues = lifecycle.requeue(job.pk)
    dispatch.ring(queues)
    return bool(queues)


@admin.register(Step)
class StepAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "job", *STEP_FIELDS, "lease_until")
    list_filter = ("status", "kind", "queue")
    search_fields = ("job__id", "worker", "task_id")
    list_select_related = ("job",)


@admin.register(Transcript)
class TranscriptAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "organization", "recording", "language", "segment_count", "version", "status", "created_at")
    list_filter = ("status", "language", "created_at")
    search_fields = ("id", "job__id", "recording__name", "organization__name")
    list_select_related = ("organization", "recording")


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "organization", "engine", "model", "dialect", "language", "wer", "cer", "created_at")
    list_filter = ("engine", "model", "dialect", "language", "created_at")
    search_fields = ("id", "transcript__id", "transcript__recording__name", "organization__name")
    list_select_related = ("organization",)


@admin.register(Speaker)
class SpeakerAdmin(ReadOnly, ModelAdmin):
    list_display = ("label", "name", "organization", "transcript")
    search_fields = ("name", "label", "transcript__id")
    list_select_related = ("organization", "transcript")


@admin.register(Segment)
class SegmentAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "transcript", "organization", "start_ms", "end_ms", "language", "edited")
    list_filter = ("edited", "language")
    search_fields = ("id", "transcript__id")
    list_select_related = ("organization", "transcript")
    show_full_result_count = False


@admin.register(Operation)
class OperationAdmin(Kept, ModelAdmin):
    """The history of transcripts: who did what, without the words."""

    list_display = ("transcript", "number", "kind", "organization", "author", "author_key", "line_count", "created_at")
    list_filter = ("kind", "created_at")
    search_fields = ("transcript__id", "organization__name", "author__email")
    exclude = ("payload",)
    list_select_related = ("organization", "transcript", "author", "author_key")
    show_full_result_count = False


@admin.register(TranscriptShare)
class TranscriptShareAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "name", "organization", "transcript", "expires_at", "revoked_at", "view_count", "created_at")
    list_filter = ("allow_download", "created_at")
    search_fields = ("id", "name", "transcript__id", "organization__name")
    exclude = ("token_hash", "password")
    list_select_related = ("organization", "transcript__recording")


@admin.register(Glossary)
class GlossaryAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "organization", "project", "created_at")
    search_fields = ("id", "organization__name", "project__name")
    list_select_related = ("organization", "project")


@admin.register(GlossaryEntry)
class GlossaryEntryAdmin(ReadOnly, ModelAdmin):
    list_display = ("text", "replacement", "boost", "organization", "glossary")
    search_fields = ("text", "replacement", "organization__name")
    list_select_related = ("organization", "glossary__project", "glossary__organization")


@admin.register(DialectPreset)
class DialectPresetAdmin(ReadOnly, ModelAdmin):
    list_display = ("code", "organization", "updated_at")
    list_filter = ("code",)
    search_fields = ("organization__name",)
    list_select_related = ("organization",)


@admin.register(VoiceConsent)
class VoiceConsentAdmin(ReadOnly, ModelAdmin):
    list_display = ("organization", "given_by", "created_at")
    search_fields = ("organization__name",)
    list_select_related = ("organization", "given_by")


@admin.register(VoiceProfile)
class VoiceProfileAdmin(ReadOnly, ModelAdmin):
    """The vectors themselves are no business of the staff."""

    list_display = ("name", "organization", "created_at", "matched_at")
    search_fields = ("name", "organization__name")
    list_select_related = ("organization",)


@admin.register(Comment)
class CommentAdmin(ReadOnly, ModelAdmin):
    """Who spoke where and when. SECURITY: what they said is the customer's."""

    list_display = ("id", "organization", "transcript", "author", "at_ms", "resolved_at", "created_at")
    list_filter = ("resolved_at", "created_at")
    search_fields = ("id", "transcript__id", "author__email", "organization__name")
    exclude = ("text",)
    list_select_related = ("organization", "transcript__recording", "author")


@admin.register(Highlight)
class HighlightAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "organization", "transcript", "author", "start_ms", "end_ms", "colour", "created_at")
    list_filter = ("colour", "created_at")
    search_fields = ("id", "transcript__id", "author__email", "organization__name")
    exclude = ("note",)
    list_select_related = ("organization", "transcript__recording", "author")
