"""/api/v1/evaluations"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
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
from transcription.asr.metrics.reference import FORMATS
from transcription.asr.metrics.words import Folding
from transcription.models import Evaluation
from transcription.services import evaluations, selectors

FILTERS = ("engine", "model", "language", "dialect")


class ArabicFoldingSerializer(StrictSerializer):
    """Which Arabic spellings make no difference."""

    alef = serializers.BooleanField(default=True)
    yaa = serializers.BooleanField(default=True)
    taa_marbuta = serializers.BooleanField(default=True)
    hamza = serializers.BooleanField(default=False)
    persian = serializers.BooleanField(default=False)
    tatweel = serializers.BooleanField(default=True)
    diacritics = serializers.BooleanField(default=True)
    digits = serializers.BooleanField(default=True)
    punctuation = serializers.BooleanField(default=True)


class FoldingSerializer(StrictSerializer):
    """What makes no difference between two words."""

    case = serializers.BooleanField(default=True)
    punctuation = serializers.BooleanField(default=True)
    numbers = serializers.BooleanField(default=False, help_text="English digits count as the words they are said with.")
    arabic = ArabicFoldingSerializer(allow_null=True, required=False, help_text="Null compares Arabic as it is spelt.")


class EvaluationRequestSerializer(StrictSerializer):
    transcript = serializers.UUIDField()
    reference = serializers.CharField(
        max_length=evaluations.LONGEST_REFERENCE, trim_whitespace=False, help_text="What was really said."
    )
    format = serializers.ChoiceField(list(FORMATS), default="txt", help_text="How `reference` is written.")
    folding = FoldingSerializer(required=False)


class EvaluationFilterSerializer(StrictSerializer):
    """What a list of evaluations can be asked for; empty: all."""

    engine = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    dialect = serializers.CharField(allow_blank=True)


class EvaluationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    transcript = serializers.UUIDField()
    transcript_version = serializers.IntegerField()
    media = serializers.UUIDField()
    engine = serializers.CharField()
    model = serializers.CharField()
    language = serializers.CharField(allow_null=True)
    dialect = serializers.CharField(allow_null=True)
    wer = serializers.FloatField(help_text="Errors by words of the reference; may exceed 1.")
    cer = serializers.FloatField()
    words = serializers.IntegerField(help_text="Of the reference.")
    substitutions = serializers.IntegerField()
    insertions = serializers.IntegerField()
    deletions = serializers.IntegerField()
    folding = FoldingSerializer()
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class PairSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["equal", "substitute", "insert", "delete"])
    reference = serializers.CharField(allow_blank=True)
    hypothesis = serializers.CharField(allow_blank=True)


class EvaluationDetailSerializer(EvaluationSerializer):
    reference = serializers.CharField()
    hypothesis = serializers.CharField()
    alignment = PairSerializer(many=True)


def evaluation_json(row: Evaluation) -> dict[str, Any]:
    plain = ("engine", "model", "wer", "cer", "words", "substitutions", "insertions", "deletions", "folding")
    return {
        "id": row.pk,
        "transcript": row.transcript_id,
        "transcript_version": row.transcript_version,
        "media": row.transcript.recording_id,
        **{name: getattr(row, name) for name in plain},
        "language": row.language or None,
        "dialect": row.dialect or None,
        "created_by": row.created_by_id,
        "created_at": iso(row.created_at),
    }


def detail_json(row: Evaluation) -> dict[str, Any]:
    pairs = [
        {"kind": pair.kind, "reference": pair.reference, "hypothesis": pair.hypothesis}
        for pair in evaluations.difference(row).alignment
    ]
    texts = {"reference": row.reference, "hypothesis": row.hypothesis}
    return {**evaluation_json(row), **texts, "alignment": pairs}


class EvaluationsView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "POST": Action.TRANSCRIPTS_WRITE}

    @extend_schema(
        operation_id="evaluations_list",
        parameters=[*map(OpenApiParameter, FILTERS), OpenApiParameter("cursor"), OpenApiParameter("limit", int)],
        responses=page_of(EvaluationSerializer),
    )
    def get(self, request: Request) -> Response:
        """Evaluations, newest first."""
        wanted = validated(EvaluationFilterSerializer, {name: request.query_params.get(name, "") for name in FILTERS})
        paginator = CursorPagination()
        rows = paginator.paginate_queryset(evaluations.visible(self.caller, **wanted), request, self) or []
        return paginator.get_paginated_response([evaluation_json(row) for row in rows])

    @extend_schema(
        operation_id="evaluations_create",
        request=EvaluationRequestSerializer,
        responses={201: EvaluationDetailSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Compare a transcript, as it reads now, with what was really said."""
        data = validated(EvaluationRequestSerializer, request.data)
        try:
            transcript = selectors.transcript(self.caller, data["transcript"])
        except NotFound:
            raise Invalid.field("transcript", _("There is no such transcript."), "unknown") from None
        row = evaluations.evaluate(
            caller=self.caller,
            transcript=transcript,
            reference=data["reference"],
            format=data["format"],
            folding=Folding.from_json(data.get("folding") or {}),
        )
        return Response(detail_json(row), status=201)


class EvaluationView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "DELETE": Action.TRANSCRIPTS_WRITE}

    @extend_schema(operation_id="evaluations_read", responses=EvaluationDetailSerializer)
    def get(self, request: Request, evaluation_id: UUID) -> Response:
        """With both texts and their difference, word by word."""
        return Response(detail_json(evaluations.get(self.caller, evaluation_id)))

    @extend_schema(operation_id="evaluations_delete", responses={204: None})
    def delete(self, request: Request, evaluation_id: UUID) -> Response:
        """The transcript stays."""
        evaluations.delete(caller=self.caller, evaluation=evaluations.get(self.caller, evaluation_id))
        return Response(status=204)
