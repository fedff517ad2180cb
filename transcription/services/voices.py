"""Voice profiles: whose voice it is, as people said; and who else it may be, as workers found out.

Nothing is kept before the organization agreed, and nothing of it stays after it changed its mind.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from config.common import queue
from config.common.errors import Conflict, Invalid
from media.names import tidy
from media.states import RecordingStatus
from organizations import audit
from organizations.models import Organization
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.asr.voiceprints import SHORTEST_TO_ENROL_MS
from transcription.models import Segment, Speaker, VoiceConsent, VoiceMatch, VoiceProfile, VoiceSample, VoiceVector
from transcription.models.voices import MatchState
from transcription.services import editing_speakers

LOOK = "transcription.look_for_voices"
LONGEST_NAME, LONGEST_NOTE = 200, 500


# --- Consent ----------------------------------------------------------------------------------------------------------
def consent_of(organization: Organization) -> VoiceConsent | None:
    """None where voices are not kept."""
    rows = VoiceConsent.objects.filter(organization=organization).select_related("given_by")
    row: VoiceConsent | None = rows.first()
    return row


@transaction.atomic
def agree(*, caller: Caller, note: str) -> VoiceConsent:
    """From now on voices of transcribed speakers are kept. `note`: how the speakers were asked. Raises Invalid."""
    caller.require(Action.PROFILES_MANAGE)
    tidied = tidy(note)[:LONGEST_NOTE]
    if not tidied:
        raise Invalid.field("note", _("Write down how the speakers were asked for their consent."), "blank")
    row, is_new = VoiceConsent.objects.get_or_create(
        organization=caller.organization, defaults={"note": tidied, "given_by": caller.user}
    )
    if is_new:
        _record("profile.consent_given", row, caller, {"note": tidied})
    elif row.note != tidied:
        row.note = tidied
        row.save(update_fields=["note", "updated_at"])
        _record("profile.consent_given", row, caller, {"note": tidied})
    return row


@transaction.atomic
def withdraw(*, caller: Caller) -> None:
    """Every voice, profile and suggestion goes at once. Names that speakers were given stay in their transcripts.

    The row's full lock waits for workers that are writing voices, and stops those that would.
    """
    caller.require(Action.PROFILES_MANAGE)
    row = VoiceConsent.objects.select_for_update().filter(organization=caller.organization).first()
    if row is None:
        return
    gone = {"profiles": row.profiles.count(), "vectors": row.vectors.count()}
    _record("profile.consent_withdrawn", row, caller, gone)
    row.delete()


def _consent(caller: Caller) -> VoiceConsent:
    """Raises Conflict `voices_off`."""
    rows = VoiceConsent.objects.select_for_update(no_key=True).filter(organization=caller.organization)
    row: VoiceConsent | None = rows.first()
    if row is None:
        detail = _("Voice profiles are switched off. An administrator of the organization can switch them on.")
        raise Conflict(detail, error_type="voices_off")
    return row


# --- Profiles ---------------------------------------------------------------------------------------------------------
def profiles(caller: Caller) -> QuerySet[VoiceProfile]:
    """By name, with `sample_count`, `speech_ms` of the samples, `recordings` they are in and open `suggestions`."""
    rows: QuerySet[VoiceProfile] = VoiceProfile.objects.visible_to(caller)
    samples = VoiceSample.objects.filter(profile=OuterRef("pk")).order_by().values("profile")
    matches = Q(matches__speaker__transcript__recording__status=RecordingStatus.DELETED)
    counted = rows.annotate(
        sample_count=Subquery(samples.annotate(number=Count("pk")).values("number")),
        speech_ms=Subquery(samples.annotate(total=Sum("speech_ms")).values("total")),
        recordings=_count(MatchState.ACCEPTED, matches),
        suggestions=_count(MatchState.SUGGESTED, matches),
    )
    return counted.order_by("name", "id")


def _count(state: MatchState, hidden: Q) -> Count:
    return Count("matches__speaker__transcript__recording", filter=Q(matches__state=state) & ~hidden, distinct=True)


def profile(caller: Caller, profile_id: UUID) -> VoiceProfile:
    """Raises NotFound."""
    rows: Any = profiles(caller)
    row: VoiceProfile = rows.get_or_404(profile_id)
    return row


def matches(caller: Caller, *, state: str = "", of: VoiceProfile | None = None) -> QuerySet[VoiceMatch]:
    """The newest first, with speaker, transcript, recording and `heard_at_ms`, where the speaker's longest line begins.

    None of what lies in the trash.
    """
    rows: QuerySet[VoiceMatch] = VoiceMatch.objects.visible_to(caller)
    if state:
        rows = rows.filter(state=state)
    if of is not None:
        rows = rows.filter(profile=of)
    kept = rows.exclude(speaker__transcript__recording__status=RecordingStatus.DELETED)
    lines = Segment.objects.filter(speaker=OuterRef("speaker")).order_by(F("start_ms") - F("end_ms"))
    heard = kept.annotate(heard_at_ms=Subquery(lines.values("start_ms")[:1]))
    return heard.select_related("profile", "speaker__transcript__recording").order_by("-created_at", "-id")


def match(caller: Caller, match_id: UUID) -> VoiceMatch:
    """Raises NotFound."""
    rows: Any = matches(caller)
    row: VoiceMatch = rows.get_or_404(match_id)
    return row


def speaker(caller: Caller, speaker_id: UUID) -> Speaker:
    """Raises NotFound."""
    rows = Speaker.objects.visible_to(caller).exclude(transcript__recording__status=RecordingStatus.DELETED)
    row: Speaker = rows.select_related("transcript__recording").get_or_404(speaker_id)
    return row


def enrollable(caller: Caller) -> QuerySet[Speaker]:
    """Speakers with enough kept speech and no profile yet, newest recordings first."""
    rows: QuerySet[Speaker] = Speaker.objects.visible_to(caller).filter(
        profile=None, voice__speech_ms__gte=SHORTEST_TO_ENROL_MS
    )
    kept = rows.exclude(transcript__recording__status=RecordingStatus.DELETED)
    return kept.select_related("voice", "transcript__recording").order_by("-transcript__created_at", "label", "id")


@transaction.atomic
def enrol(*, caller: Caller, speaker: Speaker, name: str) -> VoiceProfile:
    """A profile out of a speaker's voice; the speaker is named so. Raises Conflict, Invalid."""
    caller.require(Action.PROFILES_MANAGE)
    consent = _consent(caller)
    row: VoiceProfile = VoiceProfile.objects.create(
        organization=caller.organization, consent=consent, name=_name(name), created_by=caller.user
    )
    _record("profile.created", row, caller, {})
    add_speaker(caller=caller, profile=row, speaker=speaker)
    return row


@transaction.atomic
def add_speaker(*, caller: Caller, profile: VoiceProfile, speaker: Speaker) -> VoiceMatch:
    """Say, unasked, that a speaker is the person of a profile, which learns the voice. Raises Conflict, Invalid."""
    caller.require(Action.PROFILES_MANAGE)
    _consent(caller)
    voice = VoiceVector.objects.filter(speaker=speaker).first()
    if voice is None:
        detail = _("No voice was kept of this speaker. Transcribe the recording again, with speakers told apart.")
        raise Conflict(detail, error_type="no_voice")
    if voice.speech_ms < SHORTEST_TO_ENROL_MS:
        raise Invalid.field(
            "speaker", _("This speaker says too little: four seconds of speech are needed."), "too_short"
        )
    row, _made = VoiceMatch.objects.get_or_create(
        profile=profile,
        speaker=speaker,
        defaults={"organization": caller.organization, "state": MatchState.SUGGESTED},
    )
    return _accept(caller, row)


@transaction.atomic
def rename(*, caller: Caller, profile: VoiceProfile, name: str) -> VoiceProfile:
    """Another name for the profile; transcripts keep the name that they have. Raises Invalid."""
    caller.require(Action.PROFILES_MANAGE)
    before = profile.name
    profile.name = _name(name)
    profile.save(update_fields=["name", "updated_at"])
    if profile.name != before:
        _record("profile.changed", profile, caller, audit.changes({"name": before}, {"name": profile.name}))
    return profile


@transaction.atomic
def delete(*, caller: Caller, profile: VoiceProfile) -> None:
    """With its voices, and what was suggested for it. Transcripts keep the name."""
    caller.require(Action.PROFILES_MANAGE)
    _record("profile.deleted", profile, caller, {"samples": profile.samples.count()})
    profile.delete()


# --- Suggestions ------------------------------------------------------------------------------------------------------
@transaction.atomic
def accept(*, caller: Caller, match: VoiceMatch) -> VoiceMatch:
    """It is this person: the speaker gets the name, and the profile learns the voice. Raises Conflict."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    _consent(caller)
    return _accept(caller, match)


def _accept(caller: Caller, match: VoiceMatch) -> VoiceMatch:
    row = _locked(caller, match)
    if row.state == MatchState.ACCEPTED:
        return row
    speaker = Speaker.objects.select_related("transcript__recording").get(pk=row.speaker_id)
    if speaker.profile_id is not None:
        detail = _("This speaker has a profile already. Take that back first.")
        raise Conflict(detail, error_type="speaker_has_profile")
    row.state, row.former_name = MatchState.ACCEPTED, speaker.name
    row.save(update_fields=["state", "former_name", "updated_at"])
    _call(caller, speaker, row.profile.name)
    Speaker.objects.filter(pk=speaker.pk).update(profile=row.profile)
    VoiceMatch.objects.filter(speaker=speaker, state=MatchState.SUGGESTED).delete()
    _learn(row, speaker)
    _record("profile.accepted", row.profile, caller, {"recording": speaker.transcript.recording.name})
    return row


@transaction.atomic
def reject(*, caller: Caller, match: VoiceMatch) -> VoiceMatch:
    """It is somebody else: never suggest it again. Raises Conflict for one that was accepted."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    changed = VoiceMatch.objects.filter(pk=match.pk).exclude(state=MatchState.ACCEPTED)
    if not changed.update(state=MatchState.REJECTED):
        raise Conflict(_("This was accepted. Take it back instead."), error_type="match_accepted")
    match.refresh_from_db()
    _record("profile.rejected", match.profile, caller, {"recording": match.speaker.transcript.recording.name})
    return match


@transaction.atomic
def take_back(*, caller: Caller, match: VoiceMatch) -> VoiceMatch:
    """It was not this person after all: the profile forgets the voice, the speaker the name. Raises Conflict."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    row = _locked(caller, match)
    if row.state != MatchState.ACCEPTED:
        raise Conflict(_("This was not accepted."), error_type="match_not_accepted")
    row.state = MatchState.REJECTED
    row.save(update_fields=["state", "updated_at"])
    speaker = Speaker.objects.select_related("transcript__recording").get(pk=row.speaker_id)
    Speaker.objects.filter(pk=speaker.pk).update(profile=None)
    if speaker.name == row.profile.name:
        _call(caller, speaker, row.former_name)
    VoiceSample.objects.filter(profile=row.profile, speaker=speaker).delete()
    _look_again(row.profile)
    _record("profile.taken_back", row.profile, caller, {"recording": speaker.transcript.recording.name})
    return row


def _locked(caller: Caller, match: VoiceMatch) -> VoiceMatch:
    """The row as it is now. The profile comes first, as for the worker that looks for it: so neither waits for ever.

    Raises NotFound: to accept one suggestion closes the others about its speaker.
    """
    profile = VoiceProfile.objects.visible_to(caller).select_for_update(no_key=True).get_or_404(match.profile_id)
    row: VoiceMatch = VoiceMatch.objects.visible_to(caller).select_for_update().get_or_404(match.pk)
    row.profile = profile
    return row


def suggested_for(caller: Caller, speakers: list[Speaker]) -> dict[UUID, VoiceMatch]:
    """The likeliest open suggestion of each speaker of a transcript, with its profile."""
    rows = VoiceMatch.objects.visible_to(caller).filter(speaker__in=speakers, state=MatchState.SUGGESTED)
    return {row.speaker_id: row for row in rows.select_related("profile").order_by("score")}


def _call(caller: Caller, speaker: Speaker, name: str) -> None:
    """Through the editor's own door: the name is a version of the transcript, and open pages hear of it."""
    if speaker.name != name:
        editing_speakers.describe(caller=caller, transcript=speaker.transcript, speaker=speaker.pk, name=name)


def _learn(match: VoiceMatch, speaker: Speaker) -> None:
    voice = VoiceVector.objects.filter(speaker=speaker).first()
    if voice is None or voice.speech_ms < SHORTEST_TO_ENROL_MS:
        return
    VoiceSample.objects.update_or_create(
        profile=match.profile,
        speaker=speaker,
        defaults={
            "organization_id": match.organization_id,
            "model": voice.model,
            "vector": voice.vector,
            "speech_ms": voice.speech_ms,
        },
    )
    _look_again(match.profile)


def _look_again(profile: VoiceProfile) -> None:
    """Workers look through all recordings; beat finds a profile whose message was lost."""
    VoiceProfile.objects.filter(pk=profile.pk).update(matched_at=None)
    queue.on_commit(LOOK)


def _name(name: str) -> str:
    tidied = tidy(name)[:LONGEST_NAME]
    if not tidied:
        raise Invalid.field("name", _("Give the profile a name."), "blank")
    return tidied


def _record(action: str, target: VoiceProfile | VoiceConsent, caller: Caller, data: dict[str, Any]) -> None:
    audit.record(organization=caller.organization, action=action, actor=caller, target=target, data=data)
