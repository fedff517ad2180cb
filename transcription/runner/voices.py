"""Voices in workers: kept where the organization agreed, compared with the profiles, and suggested."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import structlog
from django.db import connection, transaction
from django.db.models import FloatField
from django.db.models.expressions import RawSQL

from config.common.clock import now
from transcription.asr import voiceprints
from transcription.models import VoiceConsent, VoiceMatch, VoiceProfile, VoiceSample, VoiceVector
from transcription.models.voices import MatchState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from transcription.asr.types import Diarization
    from transcription.models import Job, Transcript

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a profile sounds like to one model."""

    organization_id: UUID
    profile_id: UUID
    model: str
    center: tuple[float, ...]
    speech_ms: int


@transaction.atomic
def keep(job: Job, diarization: Diarization) -> None:
    """Store the voices of a job's speakers, in place of those of an earlier run; nothing where nobody agreed to it.

    The lock orders us with whoever switches the consent off: either they see our rows, or we see no consent.
    """
    VoiceVector.objects.filter(job=job).delete()
    consent = VoiceConsent.objects.select_for_update(no_key=True).filter(organization=job.organization_id).first()
    if consent is None or not diarization.embeddings or diarization.model is None:
        return
    VoiceVector.objects.bulk_create(
        VoiceVector(
            organization_id=job.organization_id,
            consent=consent,
            job=job,
            label=label,
            model=diarization.model,
            vector=list(vector),
            speech_ms=sum(turn.end_ms - turn.start_ms for turn in diarization.turns if turn.speaker == label),
        )
        for label, vector in diarization.embeddings.items()
        if any(vector)
    )


def recognize(transcript: Transcript) -> None:
    """Give the kept voices their speakers, and suggest who they may be. In the transaction that writes the speakers."""
    speakers = {speaker.label: speaker for speaker in transcript.speakers.all()}
    vectors = list(VoiceVector.objects.filter(job=transcript.job_id))
    for vector in vectors:
        vector.speaker = speakers.get(vector.label)
    heard = [vector for vector in vectors if vector.speaker is not None]
    for vector in heard:
        VoiceVector.objects.filter(pk=vector.pk).update(speaker=vector.speaker)
    # Nobody said a word of the transcript with this voice: there is nothing to name.
    VoiceVector.objects.filter(job=transcript.job_id, speaker=None).delete()
    samples = VoiceSample.objects.filter(organization=transcript.organization_id)
    for known in _known(samples) if heard else ():
        _suggest(known, heard)


def look_for(profile_id: UUID) -> int:
    """Look through all recordings of the organization for one profile; how many suggestions are open now."""
    with transaction.atomic():
        profile = VoiceProfile.objects.select_for_update(no_key=True).filter(pk=profile_id).first()
        if profile is None:
            return 0
        kept: set[UUID] = set()
        for known in _known(VoiceSample.objects.filter(profile=profile)):
            rows = VoiceVector.objects.filter(organization=profile.organization_id, speaker__isnull=False)
            kept |= _suggest(known, rows.filter(model=known.model))
        # A voice that was taken away from the profile may have made it like others.
        stale = profile.matches.filter(state=MatchState.SUGGESTED).exclude(speaker__in=kept)
        stale.delete()
        VoiceProfile.objects.filter(pk=profile.pk).update(matched_at=now())
        return len(kept)


def look_for_all() -> int:
    """Every profile that waits to be looked for; how many there were."""
    waiting = list(VoiceProfile.objects.filter(matched_at=None).order_by("created_at").values_list("pk", flat=True))
    for profile_id in waiting:
        look_for(profile_id)
    return len(waiting)


def _known(samples: QuerySet[VoiceSample]) -> Iterable[_Known]:
    ordered = samples.order_by("profile", "model")
    for (profile_id, model), own in groupby(ordered, attrgetter("profile_id", "model")):
        rows = list(own)
        middle = voiceprints.center((row.vector, row.speech_ms) for row in rows)
        if middle is not None:
            speech_ms = sum(row.speech_ms for row in rows)
            yield _Known(rows[0].organization_id, profile_id, model, middle, speech_ms)


def _suggest(known: _Known, vectors: QuerySet[VoiceVector] | list[VoiceVector]) -> set[UUID]:
    """Write down the speakers who sound like a profile; their ids. What a person decided stays decided."""
    likely: dict[UUID, float] = {}
    for speaker_id, speech_ms, score in _scores(known, vectors):
        least = voiceprints.suggested_from(min(speech_ms, known.speech_ms))
        if least is not None and score >= least:
            likely[speaker_id] = round(score, 4)
    mine = VoiceMatch.objects.filter(organization=known.organization_id, speaker__in=likely)
    decided = mine.exclude(state=MatchState.SUGGESTED)
    taken = {
        row.speaker_id for row in decided if row.profile_id == known.profile_id or row.state == MatchState.ACCEPTED
    }
    VoiceMatch.objects.bulk_create(
        [
            VoiceMatch(
                organization_id=known.organization_id,
                profile_id=known.profile_id,
                speaker_id=speaker_id,
                score=score,
                state=MatchState.SUGGESTED,
            )
            for speaker_id, score in likely.items()
            if speaker_id not in taken
        ],
        update_conflicts=True,
        unique_fields=["profile", "speaker"],
        update_fields=["score"],
    )
    return set(likely) - taken


def _scores(known: _Known, vectors: QuerySet[VoiceVector] | list[VoiceVector]) -> Iterable[tuple[UUID, int, float]]:
    """(speaker, speech in ms, likeness) of every voice of the profile's model."""
    if isinstance(vectors, list):
        return _by_numpy(known, [row for row in vectors if row.model == known.model])
    if has_pgvector():
        return _in_the_database(known, vectors)
    return _by_numpy(known, vectors.iterator(chunk_size=2_000))


def _by_numpy(known: _Known, rows: Iterable[VoiceVector]) -> list[tuple[UUID, int, float]]:
    found = [(row.speaker_id, row.speech_ms, row.vector) for row in rows if row.speaker_id is not None]
    if not found:
        return []
    matrix = np.asarray([vector for _id, _ms, vector in found], dtype=np.float64)
    lengths = np.maximum(np.linalg.norm(matrix, axis=1), 1e-12)
    scores = (matrix @ np.asarray(known.center)) / lengths
    return [(speaker, ms, float(score)) for (speaker, ms, _v), score in zip(found, scores, strict=True)]


def _in_the_database(known: _Known, rows: QuerySet[VoiceVector]) -> Sequence[tuple[UUID, int, float]]:
    """By pgvector: the vectors stay where they are, and only likely ones travel."""
    center = "[" + ",".join(f"{value:.6f}" for value in known.center) + "]"
    likeness = RawSQL("1 - (vector::vector <=> %s::vector)", [center], output_field=FloatField())
    found = rows.annotate(likeness=likeness).filter(likeness__gte=voiceprints.SUGGESTED)
    return list(found.values_list("speaker_id", "speech_ms", "likeness"))


def has_pgvector() -> bool:
    """Whether the database compares vectors itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector')")
        return bool(cursor.fetchone()[0])
