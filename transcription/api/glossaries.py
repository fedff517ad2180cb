"""/api/v1/glossaries"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import StrictSerializer, validated
from config.common.clock import iso
from config.common.errors import Invalid
from config.common.pagination import CursorPagination, list_of, page_of
from organizations.api.base import TenantAPIView
from organizations.idempotency import idempotent
from organizations.roles import Action
from transcription.models import Glossary, GlossaryEntry
from transcription.models.glossaries import LEAST_BOOST, LONGEST_ENTRY, MOST_BOOST, USUAL_BOOST
from transcription.services import glossaries, glossary_files, proposals, selectors

BOOST_HELP = "1 to 10: where an engine does not take all terms, those with more come first."


class NewGlossarySerializer(StrictSerializer):
    project = serializers.UUIDField(allow_null=True, default=None, help_text="Null: of the whole organization.")


class GlossarySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    project = serializers.UUIDField(allow_null=True)
    terms = serializers.IntegerField(help_text="Entries to listen for.")
    replacements = serializers.IntegerField(help_text="Entries that are written differently.")
    created_at = serializers.DateTimeField()


class ChangeEntrySerializer(StrictSerializer):
    text = serializers.CharField(max_length=LONGEST_ENTRY, required=False)
    replacement = serializers.CharField(
        max_length=LONGEST_ENTRY,
        allow_blank=True,
        required=False,
        help_text="What is written for `text`. Empty: `text` is a term to listen for.",
    )
    boost = serializers.IntegerField(min_value=LEAST_BOOST, max_value=MOST_BOOST, required=False, help_text=BOOST_HELP)


class NewEntrySerializer(ChangeEntrySerializer):
    text = serializers.CharField(max_length=LONGEST_ENTRY)
    replacement = serializers.CharField(max_length=LONGEST_ENTRY, allow_blank=True, default="")
    boost = serializers.IntegerField(
        min_value=LEAST_BOOST, max_value=MOST_BOOST, default=USUAL_BOOST, help_text=BOOST_HELP
    )


class EntrySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    text = serializers.CharField()
    replacement = serializers.CharField(allow_blank=True)
    boost = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class GlossaryImportSerializer(StrictSerializer):
    csv = serializers.CharField(
        trim_whitespace=False,
        max_length=glossary_files.LARGEST_FILE,
        help_text="A table whose first line names its columns: text, replacement, boost.",
    )
    replace = serializers.BooleanField(default=False, help_text="Remove the entries that are not in the table.")


class GlossaryImportedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    removed = serializers.IntegerField()


class ProposalSerializer(StrictSerializer):
    said = serializers.CharField(max_length=LONGEST_ENTRY)
    written = serializers.CharField(max_length=LONGEST_ENTRY)


class CountedProposalSerializer(serializers.Serializer[Any]):
    said = serializers.CharField(help_text="What the recognizer heard.")
    written = serializers.CharField(help_text="What people made of it.")
    count = serializers.IntegerField(help_text="In how many lines.")


def glossary_json(row: Glossary) -> dict[str, Any]:
    return {
        "id": row.pk,
        "project": row.project_id,
        "terms": getattr(row, "terms", 0),
        "replacements": getattr(row, "replacements", 0),
        "created_at": iso(row.created_at),
    }


def entry_json(row: GlossaryEntry) -> dict[str, Any]:
    return {
        "id": row.pk,
        "text": row.text,
        "replacement": row.replacement,
        "boost": row.boost,
        "created_at": iso(row.created_at),
    }


class GlossariesView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "POST": Action.GLOSSARY_MANAGE}

    @extend_schema(operation_id="glossaries_list", responses=list_of(GlossarySerializer))
    def get(self, request: Request) -> Response:
        """The organization's glossary and those of its projects."""
        return Response({"data": [glossary_json(row) for row in glossaries.visible(self.caller)]})

    @extend_schema(operation_id="glossaries_create", request=NewGlossarySerializer, responses={201: GlossarySerializer})
    @idempotent()
    def post(self, request: Request) -> Response:
        """One for the organization, and one for each project, whose entries come before the organization's."""
        asked = validated(NewGlossarySerializer, request.data)["project"]
        project = None
        if asked is not None:
            project = selectors.projects(self.caller).filter(pk=asked).first()
            if project is None:
                raise Invalid.field("project", _("There is no such project in this organization."), "unknown")
        return Response(glossary_json(glossaries.create(caller=self.caller, project=project)), status=201)


class GlossaryView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "DELETE": Action.GLOSSARY_MANAGE}

    @extend_schema(operation_id="glossaries_read", responses=GlossarySerializer)
    def get(self, request: Request, glossary_id: UUID) -> Response:
        """How many entries it has; the entries are at `glossaries/{id}/entries`."""
        return Response(glossary_json(glossaries.get(self.caller, glossary_id)))

    @extend_schema(operation_id="glossaries_delete", responses={204: None})
    def delete(self, request: Request, glossary_id: UUID) -> Response:
        """With its entries. Jobs keep what was resolved for them."""
        glossaries.delete(caller=self.caller, glossary=glossaries.get(self.caller, glossary_id))
        return Response(status=204)


class EntriesView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "POST": Action.GLOSSARY_MANAGE}

    @extend_schema(
        operation_id="glossaries_entries",
        parameters=[OpenApiParameter("cursor"), OpenApiParameter("limit", int)],
        responses=page_of(EntrySerializer),
    )
    def get(self, request: Request, glossary_id: UUID) -> Response:
        """Terms and replacements, by term."""
        paginator = CursorPagination()
        paginator.ordering = ("text", "id")
        rows = glossaries.entries(self.caller, glossaries.get(self.caller, glossary_id))
        found = paginator.paginate_queryset(rows, request, self) or []
        return paginator.get_paginated_response([entry_json(row) for row in found])

    @extend_schema(operation_id="glossaries_add", request=NewEntrySerializer, responses={201: EntrySerializer})
    @idempotent()
    def post(self, request: Request, glossary_id: UUID) -> Response:
        """A term to listen for, or with `replacement` what is written for it."""
        glossary = glossaries.get(self.caller, glossary_id)
        values = validated(NewEntrySerializer, request.data)
        return Response(entry_json(glossaries.add(caller=self.caller, glossary=glossary, **values)), status=201)


class EntryView(TenantAPIView):
    actions = {"PATCH": Action.GLOSSARY_MANAGE, "DELETE": Action.GLOSSARY_MANAGE}

    def entry(self, glossary_id: UUID, entry_id: UUID) -> GlossaryEntry:
        return glossaries.entry(self.caller, glossaries.get(self.caller, glossary_id), entry_id)

    @extend_schema(operation_id="glossaries_change", request=ChangeEntrySerializer, responses=EntrySerializer)
    def patch(self, request: Request, glossary_id: UUID, entry_id: UUID) -> Response:
        """Jobs that were submitted before keep what they had."""
        row = self.entry(glossary_id, entry_id)
        values = validated(ChangeEntrySerializer, request.data)
        return Response(entry_json(glossaries.change(caller=self.caller, entry=row, **values)))

    @extend_schema(operation_id="glossaries_remove", responses={204: None})
    def delete(self, request: Request, glossary_id: UUID, entry_id: UUID) -> Response:
        """Jobs that were submitted before keep what they had."""
        glossaries.remove(caller=self.caller, entry=self.entry(glossary_id, entry_id))
        return Response(status=204)


class ImportView(TenantAPIView):
    actions = {"POST": Action.GLOSSARY_MANAGE}

    @extend_schema(
        operation_id="glossaries_import", request=GlossaryImportSerializer, responses=GlossaryImportedSerializer
    )
    def post(self, request: Request, glossary_id: UUID) -> Response:
        """All lines of a CSV table, or none: a 422 names each line that is not right."""
        glossary = glossaries.get(self.caller, glossary_id)
        asked = validated(GlossaryImportSerializer, request.data)
        done = glossary_files.take_in(
            caller=self.caller, glossary=glossary, text=asked["csv"], replace=asked["replace"]
        )
        return Response(done)


class GlossaryExportView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(operation_id="glossaries_export", responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, glossary_id: UUID) -> HttpResponseBase:
        """All entries as a CSV table, which the import takes in again."""
        response: HttpResponseBase = glossary_files.write(glossaries.get(self.caller, glossary_id))
        return response


class ProposalsView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(operation_id="glossaries_proposals", responses=list_of(CountedProposalSerializer))
    def get(self, request: Request, glossary_id: UUID) -> Response:
        """Corrections that people made in several lines, the most frequent first."""
        found = proposals.found(self.caller, glossaries.get(self.caller, glossary_id))
        return Response({"data": [{"said": one.said, "written": one.written, "count": one.count} for one in found]})


class AcceptProposalView(TenantAPIView):
    actions = {"POST": Action.GLOSSARY_MANAGE}

    @extend_schema(operation_id="glossaries_accept", request=ProposalSerializer, responses={201: EntrySerializer})
    @idempotent()
    def post(self, request: Request, glossary_id: UUID) -> Response:
        """Make a proposal a replacement of this glossary."""
        glossary = glossaries.get(self.caller, glossary_id)
        asked = validated(ProposalSerializer, request.data)
        return Response(entry_json(proposals.accept(caller=self.caller, glossary=glossary, **asked)), status=201)


class RejectProposalView(TenantAPIView):
    actions = {"POST": Action.GLOSSARY_MANAGE}

    @extend_schema(operation_id="glossaries_reject", request=ProposalSerializer, responses={204: None})
    def post(self, request: Request, glossary_id: UUID) -> Response:
        """Never propose this again, in no glossary of the organization."""
        glossary = glossaries.get(self.caller, glossary_id)
        asked = validated(ProposalSerializer, request.data)
        proposals.reject(caller=self.caller, glossary=glossary, **asked)
        return Response(status=204)
