"""Audio that is older than its organization or project keeps audio. Its transcripts stay, by a rule of their own."""

from __future__ import annotations

import structlog
from django.db import transaction

from billing.quota import stored
from config.common.clock import now
from media.models import Recording
from media.services import purging, recordings
from media.services.announcing import announce
from media.signals import recording_audio_purged
from organizations import audit

logger = structlog.get_logger(__name__)
BATCH = 200


def enforce() -> int:
    """Sent by beat: one bounded round; how many recordings lost their audio."""
    ids = Recording.objects.past_audio_retention().order_by("created_at").values_list("pk", flat=True)[:BATCH]
    return sum(purge_audio(pk) for pk in list(ids))


@transaction.atomic
def purge_audio(recording_id: object) -> bool:
    """The files of one recording go; the whole of it where nothing else is left. False when its time has not come."""
    # The rule is read again under the lock: the setting may have changed a moment ago.
    row = Recording.objects.select_for_update(of=("self",)).past_audio_retention().filter(pk=recording_id).first()
    if row is None:
        return False
    answers = recording_audio_purged.send(sender=Recording, recording=row)
    audit.record(organization=row.organization, action="media.audio_expired", target=row)
    if any(keeps for _receiver, keeps in answers):
        _forget_files(row)
    else:
        recordings.purge(row)
    return True


def _forget_files(row: Recording) -> None:
    row.has_playback_copy = True  # to name the copy's key, whether there is one or not
    for key in (row.source_key, row.playback_key, row.waveform_key):
        purging.schedule_object(key)
    stored.release(key=row.pk)
    row.has_playback_copy = row.has_waveform = False
    row.audio_purged_at = now()
    row.save(update_fields=["has_playback_copy", "has_waveform", "audio_purged_at", "updated_at"])
    announce(row)
    logger.info("audio_expired", recording=str(row.pk), organization=str(row.organization_id))
