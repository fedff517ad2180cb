"""/api/v1/transcripts/{id}/...: lines and speakers, edited. Every write is an operation, and answers what it did."""

from __future__ import annotations

import re
from typing import NoReturn
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.errors import HttpError, MalformedRequest, NotFound
from organizations.idempotency import idempotent
from organizations.roles import Action
from transcription.api import editing_presenters as presenters
from transcription.api import editing_serializers as serializers
from transcription.api.serializers import SegmentSerializer
from transcription.api.transcripts import SegmentsView, TranscriptAPIView
from transcription.editing.matching import Wanted
from transcription.models import Segment
from transcription.services import editing, editing_replace, editing_speakers, machine_text
from transcription.services.editing import Applied, StaleLine

READ, WRITE = Action.TRANSCRIPTS_READ, Action.TRANSCRIPTS_WRITE
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="The line's `version`, in quotes.")
KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)
ANSWER = serializers.OperationAnswerSerializer
# Nine digits, as many as the database's integers always hold.
NUMBER = re.compile(r"\d{1,9}", re.ASCII)


class EditingView(TranscriptAPIView):
    """Parent of the routes about one transcript that can be edited."""

    def handle_exception(self, exc: Exception) -> Response:
        """A stale line comes back with what is needed to merge."""
        if isinstance(exc, StaleLine):
            current = presenters.line_json(exc.row.transcript, exc.row)
            exc.extra = {"current": current, "base_version": exc.asked}
        return super().handle_exception(exc)


def missing() -> NoReturn:
    raise NotFound


def done(outcome: Applied, status: int = 200) -> Response:
    return Response(presenters.answer_json(outcome), status=status)


def version_asked(request: Request) -> int:
    """What If-Match says. Raises HttpError 428 where it is missing."""
    found = version_given(request)
    if found is None:
        detail = _("Send the line's version in the header If-Match, so that nobody's work is lost.")
        raise HttpError(428, "Precondition required", "precondition_required", detail)
    return found


def version_given(request: Request) -> int | None:
    """What If-Match says, if anything. Raises MalformedRequest for what is no version of ours."""
    text = request.headers.get("If-Match", "").strip()
    bare = text.removeprefix("W/").strip('"')
    if text and not NUMBER.fullmatch(bare):
        raise MalformedRequest(_("If-Match holds the line's version: a number in quotes."))
    return int(bare) if text else None


def milliseconds(value: float | None) -> int | None:
    return None if value is None else round(value * 1000)


class LinesView(SegmentsView, EditingView):
    actions = {"GET": READ, "POST": WRITE}

    @extend_schema(
        operation_id="segments_insert",
        parameters=[KEY],
        request=serializers.NewLineSerializer,
        responses={201: ANSWER},
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID) -> Response:
        """A new line behind another one."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.NewLineSerializer, request.data)
        outcome = editing.insert_line(
            caller=self.caller,
            transcript=transcript,
            after_id=asked["after"],
            start_ms=round(asked["start"] * 1000),
            end_ms=round(asked["end"] * 1000),
            text=asked["text"],
            speaker=asked["speaker"],
        )
        return done(outcome, 201)


class LineView(EditingView):
    actions = {"GET": READ, "PATCH": WRITE, "DELETE": WRITE}

    @extend_schema(operation_id="segments_read", responses=SegmentSerializer)
    def get(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """One line as it is now."""
        transcript = self.transcript(transcript_id)
        row: Segment = transcript.segments.filter(pk=segment_id).first() or missing()
        return Response(presenters.line_json(transcript, row))

    @extend_schema(
        operation_id="segments_edit",
        parameters=[IF_MATCH],
        request=serializers.LinePatchSerializer,
        responses=ANSWER,
    )
    def patch(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """Text, times or speaker of a line. Unchanged words keep their times, new ones are interpolated."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.LinePatchSerializer, request.data)
        return done(
            editing.edit_line(
                caller=self.caller,
                transcript=transcript,
                segment_id=segment_id,
                version=version_asked(request),
                text=asked.get("text"),
                start_ms=milliseconds(asked.get("start")),
                end_ms=milliseconds(asked.get("end")),
                speaker=asked.get("speaker", ...),
            )
        )

    @extend_schema(operation_id="segments_delete", parameters=[IF_MATCH], request=None, responses=ANSWER)
    def delete(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """Delete a line."""
        transcript, version = self.transcript(transcript_id), version_asked(request)
        return done(
            editing.delete_line(caller=self.caller, transcript=transcript, segment_id=segment_id, version=version)
        )


class SplitView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="segments_split",
        parameters=[IF_MATCH, KEY],
        request=serializers.SplitSerializer,
        responses=ANSWER,
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """Cut a line in two. The left part keeps the id."""
        transcript = self.transcript(transcript_id)
        at = validated(serializers.SplitSerializer, request.data)["at"]
        version = version_asked(request)
        return done(
            editing.split_line(caller=self.caller, transcript=transcript, segment_id=segment_id, version=version, at=at)
        )


class MergeView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="segments_merge",
        parameters=[IF_MATCH, KEY],
        request=serializers.MergeSerializer,
        responses=ANSWER,
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """Join a line with the next one. The first keeps its id."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.MergeSerializer, request.data)
        return done(
            editing.merge_lines(
                caller=self.caller,
                transcript=transcript,
                segment_id=segment_id,
                version=version_asked(request),
                other_id=asked["with"],
                other_version=asked["with_version"],
            )
        )


class FlagsView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(operation_id="segments_flags", request=serializers.FlagChangeSerializer, responses=ANSWER)
    def post(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """Hide a doubt about a line, or show it again."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.FlagChangeSerializer, request.data)
        return done(editing.set_flag(caller=self.caller, transcript=transcript, segment_id=segment_id, **asked))


class AcceptView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="segments_accept",
        parameters=[IF_MATCH],
        request=serializers.AcceptSerializer,
        responses=ANSWER,
    )
    def post(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """Say that a word, or a whole line, is right. It leaves the review queue. `If-Match` may be left out."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.AcceptSerializer, request.data)
        return done(
            editing.accept(
                caller=self.caller,
                transcript=transcript,
                segment_id=segment_id,
                word=asked["word"],
                version=version_given(request),
            )
        )


class MachineView(EditingView):
    actions = {"GET": READ}

    @extend_schema(operation_id="segments_machine", responses=serializers.MachineTextSerializer)
    def get(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """What the machine wrote for the time of the line, whatever was edited since."""
        found = machine_text.machine_text(self.transcript(transcript_id), segment_id)
        return Response(presenters.machine_json(found))


class AssignView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="transcripts_assign", parameters=[KEY], request=serializers.AssignSerializer, responses=ANSWER
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID) -> Response:
        """Give lines to a speaker: named ones, a run of the same speaker, or those in a time."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.AssignSerializer, request.data)
        span = (round(asked["start"] * 1000), round(asked["end"] * 1000)) if "start" in asked else None
        return done(
            editing.assign(
                caller=self.caller,
                transcript=transcript,
                speaker=asked["speaker"],
                segment_ids=asked.get("segments", ()),
                run_from=asked.get("from_segment"),
                span_ms=span,
                only_unassigned=asked["unassigned"],
            )
        )


class FindView(EditingView):
    actions = {"GET": READ}

    @extend_schema(
        operation_id="transcripts_find",
        parameters=[
            OpenApiParameter("find", str, required=True),
            OpenApiParameter("case", enum=["0", "1"], description="Upper and lower case differ."),
            OpenApiParameter("whole_word", enum=["0", "1"]),
            OpenApiParameter("fold", enum=["0", "1"], description="Whole words by their letters alone."),
        ],
        responses=serializers.MatchesSerializer,
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """Where words stand in the text, as `replace` would find them."""
        transcript = self.transcript(transcript_id)
        query = {name: request.query_params.get(name, "") for name in ("find", "case", "whole_word", "fold")}
        asked = validated(serializers.FindSerializer, {name: value for name, value in query.items() if value})
        wanted = Wanted(asked["find"], case=asked["case"], whole_word=asked["whole_word"], fold=asked["fold"])
        return Response(presenters.found_json(editing_replace.find(transcript, wanted)))


class ReplaceView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="transcripts_replace",
        parameters=[KEY],
        request=serializers.ReplaceSerializer,
        responses=PolymorphicProxySerializer(
            component_name="Replaced",
            serializers=[ANSWER, serializers.MatchesSerializer],
            resource_type_field_name=None,
        ),
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID) -> Response:
        """Find and replace, as one operation. With `dry_run`: the matches, and nothing is changed."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.ReplaceSerializer, request.data)
        wanted = Wanted(asked["find"], case=asked["case"], whole_word=asked["whole_word"], fold=asked["fold"])
        if asked["dry_run"]:
            found = editing_replace.find(transcript, wanted, segment_ids=asked["segments"])
            return Response(presenters.found_json(found))
        return done(
            editing_replace.replace(
                caller=self.caller,
                transcript=transcript,
                wanted=wanted,
                by=asked["replace"],
                segment_ids=asked["segments"],
            )
        )


class SpeakersView(EditingView):
    actions = {"GET": READ, "POST": WRITE}

    @extend_schema(operation_id="speakers_list", responses=serializers.SpeakersSerializer)
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """Every speaker with what they did: time, words, turns, pace, pauses."""
        return Response(presenters.overview_json(editing_speakers.overview(self.transcript(transcript_id))))

    @extend_schema(
        operation_id="speakers_add",
        parameters=[KEY],
        request=serializers.NewSpeakerSerializer,
        responses={201: ANSWER},
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID) -> Response:
        """A new speaker, who says nothing yet."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.NewSpeakerSerializer, request.data)
        return done(editing_speakers.add(caller=self.caller, transcript=transcript, **asked), 201)


class SpeakerView(EditingView):
    actions = {"PATCH": WRITE}

    @extend_schema(operation_id="speakers_edit", request=serializers.SpeakerPatchSerializer, responses=ANSWER)
    def patch(self, request: Request, transcript_id: UUID, speaker_id: UUID) -> Response:
        """Another name, in every line at once, or another colour."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.SpeakerPatchSerializer, request.data)
        return done(editing_speakers.describe(caller=self.caller, transcript=transcript, speaker=speaker_id, **asked))


class SpeakerMergeView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="speakers_merge",
        parameters=[KEY],
        request=serializers.SpeakerMergeSerializer,
        responses=ANSWER,
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID, speaker_id: UUID) -> Response:
        """All lines of this speaker go to another one."""
        transcript = self.transcript(transcript_id)
        into = validated(serializers.SpeakerMergeSerializer, request.data)["into"]
        return done(editing_speakers.merge(caller=self.caller, transcript=transcript, speaker=speaker_id, into=into))


class SpeakerSplitView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="speakers_split",
        parameters=[KEY],
        request=serializers.SpeakerSplitSerializer,
        responses=ANSWER,
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID, speaker_id: UUID) -> Response:
        """Some lines of this speaker were somebody else's: a new speaker takes them."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.SpeakerSplitSerializer, request.data)
        return done(
            editing_speakers.split(
                caller=self.caller,
                transcript=transcript,
                speaker=speaker_id,
                segment_ids=asked["segments"],
                name=asked["name"],
            )
        )
