"""Transcripts against reference texts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from config.common.errors import Invalid
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.asr.metrics.reference import FORMATS, decode_text, format_of, read_reference, without_names
from transcription.asr.metrics.words import Comparison, Folding, compare
from transcription.models import Evaluation, Segment, Transcript
from transcription.services.transcripts import speaker_names

LONGEST_REFERENCE = 500_000


def evaluate(
    *, caller: Caller, transcript: Transcript, reference: str, format: str = "txt", folding: Folding | None = None
) -> Evaluation:
    """Compare the transcript's current text with `reference`, and keep the result. Raises Invalid, PermissionDenied."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    folding = folding or Folding()
    text = without_names(_read(reference, format), speaker_names(transcript).values())
    heard = current_text(transcript)
    found = compare(text, heard, folding)
    if not found.words.total:
        raise Invalid.field("reference", _("There is no word in the reference. Paste what is said in the recording."))
    row: Evaluation = Evaluation.objects.create(
        organization=caller.organization,
        transcript=transcript,
        created_by=caller.user,
        engine=transcript.job.engine,
        model=transcript.job.model,
        language=transcript.language,
        dialect=transcript.job.options.get("dialect") or "",
        transcript_version=transcript.version,
        folding=folding.to_json(),
        reference=text,
        hypothesis=heard,
        wer=found.words.rate,
        cer=found.characters.rate,
        words=found.words.total,
        substitutions=found.words.substitutions,
        insertions=found.words.insertions,
        deletions=found.words.deletions,
    )
    return row


def _read(reference: str, format: str) -> str:
    if len(reference) > LONGEST_REFERENCE:
        message = _("A reference has at most %(most)s characters.") % {"most": f"{LONGEST_REFERENCE:,}"}
        raise Invalid.field("reference", message, "too_long")
    known = next((one for one in FORMATS if one == format), None)
    if known is None:
        message = _("Choose one of: %(names)s.") % {"names": ", ".join(FORMATS)}
        raise Invalid.field("format", message, "unknown")
    if "\0" in reference:
        raise Invalid.field("reference", _("This is no text."))
    text = read_reference(reference, known)
    if not text and reference.strip():
        message = _("No subtitle was found in it. Is it really %(format)s?") % {"format": format.upper()}
        raise Invalid.field("reference", message)
    return text


def text_of_file(filename: str, data: bytes) -> tuple[str, str]:
    """(text, format) of an uploaded reference. Raises Invalid."""
    format = format_of(filename)
    if format is None:
        raise Invalid.field("file", _("Choose a file that ends in .txt, .srt or .vtt."), "unknown")
    try:
        return decode_text(data), format
    except ValueError:
        raise Invalid.field("file", _("This file is no text in UTF-8. Save it as UTF-8 and try again.")) from None


def current_text(transcript: Transcript) -> str:
    """All lines of a transcript as they are now."""
    rows = Segment.objects.filter(transcript=transcript).order_by("position")
    return "\n".join(rows.values_list("text", flat=True))


def difference(evaluation: Evaluation) -> Comparison:
    """The alignment again, out of the texts that were kept."""
    return compare(evaluation.reference, evaluation.hypothesis, Folding.from_json(evaluation.folding))


def delete(*, caller: Caller, evaluation: Evaluation) -> None:
    caller.require(Action.TRANSCRIPTS_WRITE)
    evaluation.delete()


def visible(caller: Caller, **filters: Any) -> QuerySet[Evaluation]:
    """Newest first, without the texts. `filters` with empty values are left out."""
    rows: QuerySet[Evaluation] = Evaluation.objects.visible_to(caller)
    wanted = {name: value for name, value in filters.items() if value}
    listed = rows.filter(**wanted).select_related("transcript__recording", "created_by")
    return listed.defer("reference", "hypothesis").order_by("-created_at", "-id")


def get(caller: Caller, evaluation_id: UUID) -> Evaluation:
    """Raises NotFound."""
    rows = Evaluation.objects.visible_to(caller).select_related("transcript__recording", "created_by")
    row: Evaluation = rows.get_or_404(evaluation_id)
    return row
