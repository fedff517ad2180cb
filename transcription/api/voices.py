"""/api/v1/speaker-profiles"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import StrictSerializer, validated
from config.common.clock import iso
from config.common.errors import Invalid, NotFound
from config.common.pagination import CursorPagination, page_of
from organizations.api.base import TenantAPIView
from organizations.idempotency import idempotent
from organizations.roles import Action
from transcription.asr.voiceprints import is_sure
from transcription.models import Speaker, VoiceConsent, VoiceMatch, VoiceProfile
from transcription.models.voices import MatchState
from transcription.services import selectors, voices

PAGE = [OpenApiParameter("cursor"), OpenApiParameter("limit", int)]


class ConsentRequestSerializer(StrictSerializer):
    enabled = serializers.BooleanField(help_text="False deletes every voice, profile and suggestion at once.")
    note = serializers.CharField(
        max_length=voices.LONGEST_NOTE, allow_blank=True, default="", help_text="How the speakers were asked."
    )


class ConsentSerializer(serializers.Serializer[Any]):
    enabled = serializers.BooleanField(help_text="Off unless an administrator switched it on.")
    note = serializers.CharField(allow_null=True)
    given_by = serializers.UUIDField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)


class NewProfileSerializer(StrictSerializer):
    name = serializers.CharField(max_length=voices.LONGEST_NAME)
    speaker = serializers.UUIDField(help_text="A transcript's speaker who says four seconds or more.")


class ChangeProfileSerializer(StrictSerializer):
    name = serializers.CharField(max_length=voices.LONGEST_NAME)


class AddSpeakerSerializer(StrictSerializer):
    speaker = serializers.UUIDField()


class ProfileSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    samples = serializers.IntegerField(help_text="Voices that it was made of.")
    speech_seconds = serializers.FloatField(help_text="Of all samples.")
    recordings = serializers.IntegerField(help_text="In which the person was confirmed.")
    suggestions = serializers.IntegerField(help_text="Recordings that wait for a decision.")
    created_at = serializers.DateTimeField()


class VoiceMatchSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    profile = serializers.UUIDField()
    profile_name = serializers.CharField()
    speaker = serializers.UUIDField()
    speaker_name = serializers.CharField()
    transcript = serializers.UUIDField()
    media = serializers.UUIDField()
    media_name = serializers.CharField()
    score = serializers.FloatField(allow_null=True, help_text="Cosine likeness; null where a person said so unasked.")
    sure = serializers.BooleanField(help_text="Whether the score is one that hardly ever errs.")
    state = serializers.ChoiceField(MatchState.choices)
    created_at = serializers.DateTimeField()


def consent_json(row: VoiceConsent | None) -> dict[str, Any]:
    return {
        "enabled": row is not None,
        "note": row and row.note,
        "given_by": row and row.given_by_id,
        "since": iso(row.created_at) if row else None,
    }


def profile_json(row: VoiceProfile) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "samples": getattr(row, "sample_count", None) or 0,
        "speech_seconds": (getattr(row, "speech_ms", None) or 0) / 1000,
        "recordings": getattr(row, "recordings", 0),
        "suggestions": getattr(row, "suggestions", 0),
        "created_at": iso(row.created_at),
    }


def match_json(row: VoiceMatch) -> dict[str, Any]:
    transcript = row.speaker.transcript
    return {
        "id": row.pk,
        "profile": row.profile_id,
        "profile_name": row.profile.name,
        "speaker": row.speaker_id,
        "speaker_name": str(row.speaker),
        "transcript": transcript.pk,
        "media": transcript.recording_id,
        "media_name": transcript.recording.name,
        "score": row.score,
        "sure": row.score is not None and is_sure(row.score),
        "state": row.state,
        "created_at": iso(row.created_at),
    }


class VoicesAPIView(TenantAPIView):
    """What the views below share."""

    def speaker(self, speaker_id: UUID) -> Speaker:
        """The one that the body names. Raises Invalid."""
        try:
            return voices.speaker(self.caller, speaker_id)
        except NotFound:
            raise Invalid.field("speaker", _("There is no such speaker in this organization."), "unknown") from None

    def listed(self, request: Request, rows: Any) -> Response:
        paginator = CursorPagination()
        page = paginator.paginate_queryset(rows, request, self) or []
        return paginator.get_paginated_response([match_json(row) for row in page])


class ConsentView(VoicesAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "PUT": Action.PROFILES_MANAGE}

    @extend_schema(operation_id="speaker_profiles_consent", responses=ConsentSerializer)
    def get(self, request: Request) -> Response:
        """Whether voices are kept at all."""
        return Response(consent_json(voices.consent_of(self.caller.organization)))

    @extend_schema(
        operation_id="speaker_profiles_set_consent", request=ConsentRequestSerializer, responses=ConsentSerializer
    )
    def put(self, request: Request) -> Response:
        """Switch voice profiles on, with a note on how speakers were asked; or off, which deletes every voice."""
        asked = validated(ConsentRequestSerializer, request.data)
        if asked["enabled"]:
            return Response(consent_json(voices.agree(caller=self.caller, note=asked["note"])))
        voices.withdraw(caller=self.caller)
        return Response(consent_json(None))


class ProfilesView(VoicesAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "POST": Action.PROFILES_MANAGE}

    @extend_schema(operation_id="speaker_profiles_list", parameters=PAGE, responses=page_of(ProfileSerializer))
    def get(self, request: Request) -> Response:
        """Whose voices are known, by name."""
        paginator = CursorPagination()
        paginator.ordering = ("name", "id")
        rows = paginator.paginate_queryset(voices.profiles(self.caller), request, self) or []
        return paginator.get_paginated_response([profile_json(row) for row in rows])

    @extend_schema(
        operation_id="speaker_profiles_create", request=NewProfileSerializer, responses={201: ProfileSerializer}
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """A profile out of a speaker's voice; a worker then looks through all recordings for it."""
        asked = validated(NewProfileSerializer, request.data)
        row = voices.enrol(caller=self.caller, speaker=self.speaker(asked["speaker"]), name=asked["name"])
        return Response(profile_json(voices.profile(self.caller, row.pk)), status=201)


class ProfileView(VoicesAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "PATCH": Action.PROFILES_MANAGE, "DELETE": Action.PROFILES_MANAGE}

    @extend_schema(operation_id="speaker_profiles_read", responses=ProfileSerializer)
    def get(self, request: Request, profile_id: UUID) -> Response:
        """Never the voice itself: vectors do not leave the server."""
        return Response(profile_json(voices.profile(self.caller, profile_id)))

    @extend_schema(operation_id="speaker_profiles_change", request=ChangeProfileSerializer, responses=ProfileSerializer)
    def patch(self, request: Request, profile_id: UUID) -> Response:
        """Transcripts keep the name that their speakers have."""
        row = voices.profile(self.caller, profile_id)
        asked = validated(ChangeProfileSerializer, request.data)
        return Response(profile_json(voices.rename(caller=self.caller, profile=row, name=asked["name"])))

    @extend_schema(operation_id="speaker_profiles_delete", responses={204: None})
    def delete(self, request: Request, profile_id: UUID) -> Response:
        """With its voices and what was suggested for it."""
        voices.delete(caller=self.caller, profile=voices.profile(self.caller, profile_id))
        return Response(status=204)


class ProfileSpeakersView(VoicesAPIView):
    actions = {"POST": Action.PROFILES_MANAGE}

    @extend_schema(
        operation_id="speaker_profiles_add", request=AddSpeakerSerializer, responses={201: VoiceMatchSerializer}
    )
    @idempotent()
    def post(self, request: Request, profile_id: UUID) -> Response:
        """Say that a speaker is this person; the profile learns the voice."""
        row = voices.profile(self.caller, profile_id)
        asked = validated(AddSpeakerSerializer, request.data)
        made = voices.add_speaker(caller=self.caller, profile=row, speaker=self.speaker(asked["speaker"]))
        return Response(match_json(voices.match(self.caller, made.pk)), status=201)


class ProfileRecordingsView(VoicesAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(operation_id="speaker_profiles_recordings", parameters=PAGE, responses=page_of(VoiceMatchSerializer))
    def get(self, request: Request, profile_id: UUID) -> Response:
        """Where the person is heard, as people confirmed."""
        row = voices.profile(self.caller, profile_id)
        return self.listed(request, voices.matches(self.caller, state=MatchState.ACCEPTED, of=row))


class SuggestionsView(VoicesAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(
        operation_id="speaker_profiles_suggestions",
        parameters=[
            *PAGE,
            OpenApiParameter("state", enum=MatchState.values, default="suggested"),
            OpenApiParameter("transcript", OpenApiTypes.UUID, description="Only for the speakers of this one."),
        ],
        responses=page_of(VoiceMatchSerializer),
    )
    def get(self, request: Request) -> Response:
        """Who speakers may be, newest first."""
        state = request.query_params.get("state", MatchState.SUGGESTED)
        if state not in MatchState.values:
            raise Invalid.field(
                "state", _("Choose one of: %(names)s.") % {"names": ", ".join(MatchState.values)}, "unknown"
            )
        rows = voices.matches(self.caller, state=state)
        if named := request.query_params.get("transcript"):
            rows = rows.filter(speaker__transcript=selectors.as_uuid(named))
        return self.listed(request, rows)


class DecisionView(VoicesAPIView):
    actions = {"POST": Action.TRANSCRIPTS_WRITE}

    def decided(self, match_id: UUID, decide: Any) -> Response:
        decide(caller=self.caller, match=voices.match(self.caller, match_id))
        return Response(match_json(voices.match(self.caller, match_id)))


class AcceptSuggestionView(DecisionView):
    @extend_schema(operation_id="speaker_profiles_accept", request=None, responses=VoiceMatchSerializer)
    def post(self, request: Request, match_id: UUID) -> Response:
        """It is this person: the speaker gets the name, the profile learns the voice."""
        return self.decided(match_id, voices.accept)


class RejectSuggestionView(DecisionView):
    @extend_schema(operation_id="speaker_profiles_reject", request=None, responses=VoiceMatchSerializer)
    def post(self, request: Request, match_id: UUID) -> Response:
        """It is somebody else; it is not suggested again."""
        return self.decided(match_id, voices.reject)


class TakeBackSuggestionView(DecisionView):
    @extend_schema(operation_id="speaker_profiles_take_back", request=None, responses=VoiceMatchSerializer)
    def post(self, request: Request, match_id: UUID) -> Response:
        """Undo an acceptance: the profile forgets the voice, the speaker gets its former name."""
        return self.decided(match_id, voices.take_back)
