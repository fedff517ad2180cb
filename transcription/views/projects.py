"""Folders of recordings."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from config.common.errors import ApplicationError
from media.services import projects as service
from organizations.roles import Action
from transcription.forms import ProjectForm
from transcription.services import selectors
from transcription.views.base import PageRequest, attempt, page


@page(Action.PROJECTS_READ)
def projects(request: PageRequest) -> HttpResponse:
    return render(request, "transcription/projects.html", {"projects": selectors.projects(request.caller)})


@page(Action.PROJECTS_MANAGE, "GET", "HEAD", "POST")
def project(request: PageRequest, project_id: UUID) -> HttpResponseBase:
    """What its recordings' jobs use, and how long they are kept."""
    row = selectors.project(request.caller, project_id)
    form = ProjectForm(request.POST or None, project=row)
    if form.is_valid():
        try:
            service.update(caller=request.caller, project=row, **form.changes())
        except ApplicationError as error:
            form.take(error)
        else:
            messages.success(request, _("Saved."))
            return _to_list(request)
    row = selectors.project(request.caller, project_id)
    context = {"project": row, "form": form}
    return render(request, "transcription/project.html", context, status=422 if form.is_bound else 200)


@page(Action.PROJECTS_MANAGE, "POST")
def create(request: PageRequest) -> HttpResponseBase:
    name = request.POST.get("name", "")
    attempt(request, _("Project created."), lambda: service.create(caller=request.caller, name=name))
    return _to_list(request)


@page(Action.PROJECTS_MANAGE, "POST")
def rename(request: PageRequest, project_id: UUID) -> HttpResponseBase:
    name = request.POST.get("name", "")
    project = selectors.project(request.caller, project_id)
    attempt(request, _("Saved."), lambda: service.update(caller=request.caller, project=project, name=name))
    return _to_list(request)


@page(Action.PROJECTS_MANAGE, "POST")
def delete(request: PageRequest, project_id: UUID) -> HttpResponseBase:
    project = selectors.project(request.caller, project_id)
    done = _("Project deleted. Its recordings are still there, without a project.")
    attempt(request, done, lambda: service.delete(caller=request.caller, project=project))
    return _to_list(request)


def _to_list(request: PageRequest) -> HttpResponseBase:
    return redirect("projects", slug=request.caller.organization.slug)
