"""What is already known of a transcript that is being made."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import orjson

from media.storage import ObjectMissingError, get_media_storage
from transcription.asr.serial import recognition_from_json
from transcription.models import Step
from transcription.states import StepKind, StepStatus


def finished_texts(job_id: UUID, *, first: int = 0) -> Iterator[str]:
    """The raw text of chunk `first` and those that follow without a gap, as far as they are recognized.

    Sentences may still change when the whole is put together.
    """
    steps = Step.objects.filter(job_id=job_id, kind=StepKind.TRANSCRIBE, status=StepStatus.FINISHED, index__gte=first)
    for number, (index, result) in enumerate(steps.order_by("index").values_list("index", "result"), first):
        if index != number or result is None:
            return
        try:
            recognition = recognition_from_json(orjson.loads(get_media_storage().read_bytes(result["key"])))
        except ObjectMissingError:
            return
        yield " ".join(segment.text.strip() for segment in recognition.segments)
