"""Projects: folders of recordings with defaults for their jobs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.pagination import CursorPagination, page_of
from media.api import serializers
from media.api.presenters import project_json, project_rows
from media.api.upload_views import IDEMPOTENCY_KEY
from media.models import Project
from media.services import projects
from organizations.api.base import TenantAPIView
from organizations.idempotency import idempotent
from organizations.roles import Action


class ProjectListView(TenantAPIView):
    actions = {"GET": Action.PROJECTS_READ, "POST": Action.PROJECTS_MANAGE}

    @extend_schema(
        operation_id="projects_list",
        summary="List projects",
        tags=["projects"],
        parameters=[serializers.PageQuerySerializer],
        responses=page_of(serializers.ProjectSerializer),
    )
    def get(self, request: Request, slug: str) -> Response:
        validated(serializers.PageQuerySerializer, request.query_params.dict())
        paginator = CursorPagination()
        paginator.ordering = ("name", "id")
        page = paginator.paginate_queryset(project_rows(Project.objects.visible_to(self.caller)), request, view=self)
        return paginator.get_paginated_response([project_json(project) for project in page or ()])

    @extend_schema(
        operation_id="projects_create",
        summary="Make a project",
        tags=["projects"],
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NewProjectSerializer,
        responses={201: serializers.ProjectSerializer},
    )
    @idempotent(secret=False)
    def post(self, request: Request, slug: str) -> Response:
        project = projects.create(caller=self.caller, **validated(serializers.NewProjectSerializer, request.data))
        return Response(project_json(project), status=201)


class ProjectView(TenantAPIView):
    actions = {"GET": Action.PROJECTS_READ, "PATCH": Action.PROJECTS_MANAGE, "DELETE": Action.PROJECTS_MANAGE}

    def project(self, project_id: UUID) -> Project:
        found: Project = project_rows(Project.objects.visible_to(self.caller)).get_or_404(project_id)
        return found

    @extend_schema(
        operation_id="projects_retrieve",
        summary="Read a project",
        tags=["projects"],
        responses=serializers.ProjectSerializer,
    )
    def get(self, request: Request, slug: str, project_id: UUID) -> Response:
        return Response(project_json(self.project(project_id)))

    @extend_schema(
        operation_id="projects_update",
        summary="Change a project",
        tags=["projects"],
        request=serializers.ChangeProjectSerializer,
        responses=serializers.ProjectSerializer,
    )
    def patch(self, request: Request, slug: str, project_id: UUID) -> Response:
        project = self.project(project_id)
        changes = validated(serializers.ChangeProjectSerializer, request.data)
        return Response(project_json(projects.update(caller=self.caller, project=project, **changes)))

    @extend_schema(
        operation_id="projects_delete",
        summary="Delete a project; its recordings stay",
        tags=["projects"],
        responses={204: None},
    )
    def delete(self, request: Request, slug: str, project_id: UUID) -> Response:
        projects.delete(caller=self.caller, project=self.project(project_id))
        return Response(status=204)
