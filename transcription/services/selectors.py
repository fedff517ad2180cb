"""What the pages read: one function a list or object, each within one organization and with its query count bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from media.models import Project, Recording, Tag
from media.states import RecordingStatus
from organizations.models import ApiKey
from organizations.tenancy import Caller
from transcription.asr.engines.registry import describe
from transcription.asr.engines.whisper_models import REPOSITORIES, is_english_only
from transcription.asr.options import MULTI
from transcription.asr.text.dialects import DIALECTS
from transcription.models import Job, Segment, Speaker, Step, Transcript, TranscriptShare
from transcription.services import engines
from transcription.services.languages import LANGUAGES, dialect_name, language_name
from transcription.services.transcripts import cursor_after
from transcription.states import ACTIVE_JOB_STATUSES, JobStatus

RUNNING_SHOWN, RECENT_SHOWN = 50, 8
# Lines of a transcript that travel together: the page renders four blocks, scripts fetch the others one by one.
BLOCK_LINES = 50
# As fine as the waveform of a wide screen is drawn.
VOICE_SLICES = 600
ORDERS: dict[str, str] = {
    "created": "created_at",
    "name": "name_folded",
    "duration": "duration_ms",
    "size": "size",
}
STATES = ("transcribed", "processing", "failed", "untranscribed")


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """What the address of the recordings page says. `order` is a key of ORDERS, with "-" in front for falling."""

    q: str = ""
    state: str = ""
    project: str = ""
    tag: str = ""
    language: str = ""
    order: str = "-created"

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.state or self.project or self.tag or self.language)


# --- Home ------------------------------------------------------------------------------------------------------------
def running_jobs(caller: Caller) -> QuerySet[Job]:
    """Jobs that are queued or being worked on, oldest first: that is the order in which they will end."""
    rows: QuerySet[Job] = Job.objects.visible_to(caller).active().select_related("recording")
    return rows.order_by("created_at", "id")[:RUNNING_SHOWN]


def unfinished_recordings(caller: Caller) -> QuerySet[Recording]:
    """Being fetched or checked, with no job to show instead."""
    rows: QuerySet[Recording] = Recording.objects.visible_to(caller)
    arriving = Q(status=RecordingStatus.UPLOADING, url_import__isnull=False)
    checked = rows.filter(arriving | Q(status=RecordingStatus.PROBING), jobs__isnull=True)
    return checked.select_related("url_import").order_by("-created_at", "-id")[:RUNNING_SHOWN]


def recent_transcripts(caller: Caller) -> QuerySet[Transcript]:
    """With `voices`, the number of speakers."""
    rows: QuerySet[Transcript] = Transcript.objects.visible_to(caller)
    kept = rows.exclude(recording__status=RecordingStatus.DELETED).select_related("recording", "job")
    return kept.annotate(voices=Count("speakers")).order_by("-created_at", "-id")[:RECENT_SHOWN]


def has_recordings(caller: Caller) -> bool:
    return bool(Recording.objects.visible_to(caller).kept().exists())


# --- Recordings ------------------------------------------------------------------------------------------------------
def recordings(caller: Caller, wanted: RecordingFilter) -> QuerySet[Recording]:
    """Recordings that are not in the trash, each with its newest job and transcript beside it."""
    whole: QuerySet[Recording] = Recording.objects.visible_to(caller).kept().without_uploads()
    rows = _with_latest(whole)
    rows = rows.filter(_named(wanted.q), _sorted_under(wanted))
    if wanted.state in STATES:
        rows = rows.filter(_in_state(wanted.state))
    if wanted.language:
        rows = rows.filter(Q(latest_language=wanted.language))
    return rows.order_by(*_ordering(wanted.order)).select_related("project").prefetch_related("tags")


def _with_latest(rows: QuerySet[Recording]) -> QuerySet[Recording]:
    job = Job.objects.filter(recording=OuterRef("pk")).order_by("-created_at", "-id")
    transcript = Transcript.objects.filter(recording=OuterRef("pk")).order_by("-created_at", "-id")
    voices = Speaker.objects.filter(transcript=OuterRef("latest_transcript")).order_by().values("transcript")
    return rows.annotate(
        name_folded=Lower("name"),
        latest_job=Subquery(job.values("pk")[:1]),
        latest_status=Subquery(job.values("status")[:1]),
        latest_progress=Subquery(job.values("progress")[:1]),
        latest_sequence=Subquery(job.values("sequence")[:1]),
        latest_transcript=Subquery(transcript.values("pk")[:1]),
        latest_language=Subquery(transcript.values("language")[:1]),
        voices=Subquery(voices.annotate(number=Count("pk")).values("number")),
    )


def _named(text: str) -> Q:
    return Q(name__icontains=text) | Q(filename__icontains=text) if text else Q()


def _sorted_under(wanted: RecordingFilter) -> Q:
    found = Q()
    if wanted.project == "none":
        found &= Q(project__isnull=True)
    elif wanted.project:
        found &= Q(project__in=_as_uuids([wanted.project]))
    if wanted.tag:
        found &= Q(tags__in=_as_uuids([wanted.tag]))
    return found


def _in_state(state: str) -> Q:
    return {
        "transcribed": Q(latest_transcript__isnull=False),
        "processing": Q(latest_status__in=ACTIVE_JOB_STATUSES) | Q(status=RecordingStatus.PROBING),
        "failed": Q(latest_status=JobStatus.FAILED) | Q(status=RecordingStatus.REJECTED),
        "untranscribed": Q(status=RecordingStatus.READY, latest_job__isnull=True),
    }[state]


def _ordering(order: str) -> tuple[str, str]:
    """The asked order, then the key, so that pages never overlap."""
    falling, name = order.startswith("-"), order.removeprefix("-")
    sign = "-" if falling else ""
    return f"{sign}{ORDERS.get(name, 'created_at')}", f"{sign}id"


def as_uuid(text: str) -> UUID | None:
    """The id in an address, or None where somebody typed over it."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _as_uuids(texts: list[str]) -> list[UUID]:
    return [found for found in map(as_uuid, texts) if found]


def recording(caller: Caller, recording_id: UUID) -> Recording:
    """With its project, its original where it is a duplicate, and who uploaded it. Raises NotFound."""
    rows = Recording.objects.visible_to(caller).without_uploads()
    row: Recording = rows.select_related("project", "duplicate_of", "uploaded_by").get_or_404(recording_id)
    return row


def recordings_by_id(caller: Caller, ids: list[str]) -> list[Recording]:
    """Those of `ids` that the caller may see; ids of others are as if they were not there."""
    return list(Recording.objects.visible_to(caller).kept().filter(pk__in=_as_uuids(ids)))


def trashed_recordings(caller: Caller) -> QuerySet[Recording]:
    rows: QuerySet[Recording] = Recording.objects.visible_to(caller).trashed()
    return rows.order_by("-deleted_at", "-id")


def trashed_recording(caller: Caller, recording_id: UUID) -> Recording:
    """Raises NotFound for one that is not in the trash."""
    row: Recording = Recording.objects.visible_to(caller).trashed().get_or_404(recording_id)
    return row


def trash_days() -> int:
    """How long a deleted recording can be restored."""
    return int(settings.MEDIA_TRASH_DAYS)


# --- Jobs and transcripts --------------------------------------------------------------------------------------------
def jobs_of(caller: Caller, recording: Recording) -> QuerySet[Job]:
    """All jobs of a recording, newest first, with their steps in the order of the work."""
    steps = Prefetch("steps", Step.objects.order_by("created_at", "kind", "index"))
    rows: QuerySet[Job] = Job.objects.visible_to(caller).filter(recording=recording)
    return rows.select_related("created_by", "api_key", "transcript").prefetch_related(steps)


def job(caller: Caller, job_id: UUID) -> Job:
    """Raises NotFound."""
    row: Job = Job.objects.visible_to(caller).select_related("recording").get_or_404(job_id)
    return row


def transcript(caller: Caller, transcript_id: UUID) -> Transcript:
    """With its job and recording; NotFound while the recording lies in the trash."""
    rows = Transcript.objects.visible_to(caller).exclude(recording__status=RecordingStatus.DELETED)
    row: Transcript = rows.select_related("job", "recording", "recording__project").get_or_404(transcript_id)
    return row


def speakers_of(transcript: Transcript) -> list[Speaker]:
    """In the order in which colours are given: S1, S2 … S10, so shorter labels first."""
    return sorted(transcript.speakers.all(), key=lambda speaker: (len(speaker.label), speaker.label))


def lines(transcript: Transcript, first: int, count: int) -> list[Segment]:
    """`count` segments from number `first` on (0 is the first)."""
    return list(transcript.segments.order_by("position")[first : first + count])


def lines_before(transcript: Transcript, seconds: str) -> int:
    """How many lines begin before the one that is heard at a moment; 0 where that is no number of seconds."""
    try:
        milliseconds = min(round(float(seconds) * 1000), transcript.duration_ms)
    except (ValueError, OverflowError):
        return 0
    return max(0, int(transcript.segments.filter(start_ms__lte=milliseconds).count()) - 1)


def share(caller: Caller, transcript: Transcript, share_id: UUID) -> TranscriptShare:
    """Raises NotFound."""
    row: TranscriptShare = TranscriptShare.objects.visible_to(caller).filter(transcript=transcript).get_or_404(share_id)
    return row


def blocks(transcript: Transcript) -> list[dict[str, Any]]:
    """Every BLOCK_LINES lines: `start` in seconds, `after` the position of the line before, and the API's `cursor`."""
    rows = list(transcript.segments.order_by("position").values_list("position", "start_ms"))
    return [
        {
            "start": rows[at][1] / 1000,
            "after": rows[at - 1][0] if at else None,
            "cursor": cursor_after(rows[at - 1][0]) if at else "",
        }
        for at in range(0, len(rows), BLOCK_LINES)
    ]


def voices_over_time(transcript: Transcript, colours: dict[UUID | None, int]) -> str:
    """Who is heard, in VOICE_SLICES equal pieces of the recording: a digit each, the colour, or 0 for nobody."""
    length = max(1, transcript.duration_ms)
    slices = ["0"] * VOICE_SLICES
    for speaker, start, end in transcript.segments.values_list("speaker_id", "start_ms", "end_ms"):
        first, last = start * VOICE_SLICES // length, max(start + 1, end - 1) * VOICE_SLICES // length
        for at in range(first, min(last + 1, VOICE_SLICES)):
            slices[at] = str(colours.get(speaker, 0))
    return "".join(slices)


# --- What filters and forms offer ------------------------------------------------------------------------------------
def projects(caller: Caller) -> QuerySet[Project]:
    """With `recording_count`, which leaves out what is in the trash."""
    hidden = [RecordingStatus.DELETED, RecordingStatus.UPLOADING]
    rows: QuerySet[Project] = Project.objects.visible_to(caller)
    counted = rows.annotate(recording_count=Count("recordings", filter=~Q(recordings__status__in=hidden)))
    return counted.order_by(Lower("name"), "id")


def project(caller: Caller, project_id: UUID | str) -> Project:
    """Raises NotFound."""
    row: Project = Project.objects.visible_to(caller).get_or_404(project_id)
    return row


def tags(caller: Caller) -> QuerySet[Tag]:
    rows: QuerySet[Tag] = Tag.objects.visible_to(caller)
    return rows.order_by(Lower("name"), "id")


def languages(caller: Caller) -> list[str]:
    """Languages that transcripts of the organization are in."""
    rows = Transcript.objects.visible_to(caller).exclude(language="").order_by("language")
    return list(rows.values_list("language", flat=True).distinct())


def languages_offered() -> list[str]:
    """Codes for the menus: those of our list that the default engine knows; first “multi”, where it takes that."""
    name, model = engines.default()
    provides = describe(name, engines.known())
    mixed = [MULTI] if provides.mixed_languages and not is_english_only(model) else []
    return [*mixed, *(code for code in LANGUAGES if provides.languages is None or code in provides.languages)]


def default_choices() -> dict[str, list[tuple[str, Any]]]:
    """What organizations and projects may set as defaults of their jobs."""
    return {
        "language": [("auto", _("Detect language")), *((code, language_name(code)) for code in languages_offered())],
        "dialect": [(code, dialect_name(code)) for code in DIALECTS],
        "mode": [("dialogue", _("Several voices, told apart")), ("mono", _("One voice"))],
        "engine": [(name, name) for name in engines_offered()],
        "model": [(name, name) for name in REPOSITORIES],
    }


def engines_offered() -> list[str]:
    """Names of the engines that a person may choose from."""
    return sorted(engines.known())


# --- Keys ------------------------------------------------------------------------------------------------------------
def api_keys(caller: Caller) -> QuerySet[ApiKey]:
    """Keys that open something, newest first."""
    rows: QuerySet[ApiKey] = ApiKey.objects.visible_to(caller)
    return rows.filter(revoked_at=None).select_related("created_by").order_by("-created_at", "-id")


def api_key(caller: Caller, key_id: UUID) -> ApiKey:
    """Raises NotFound."""
    row: ApiKey = ApiKey.objects.visible_to(caller).get_or_404(key_id)
    return row
