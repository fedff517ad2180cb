"""Folders of recordings."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.common.errors import Conflict, Invalid
from media.models import Project
from media.names import tidy
from organizations import audit, job_defaults
from organizations.roles import Action
from organizations.tenancy import Caller

LONGEST_NAME = 200
EDITABLE = ("name", "defaults", "audio_retention_days", "transcript_retention_days")


def create(*, caller: Caller, name: str, **settings: Any) -> Project:
    """`settings`: others of EDITABLE. Raises PermissionDenied, Invalid, or Conflict when the name is taken."""
    caller.require(Action.PROJECTS_MANAGE)
    project = Project(organization=caller.organization)
    _set(project, caller, {"name": name, **settings})
    with transaction.atomic():
        _save(project)
        _record("project.created", project, caller)
    return project


def update(*, caller: Caller, project: Project, **changes: Any) -> Project:
    """Change what is given, of EDITABLE. Raises as `create` does."""
    caller.require(Action.PROJECTS_MANAGE)
    before = {name: getattr(project, name) for name in EDITABLE}
    _set(project, caller, changes)
    with transaction.atomic():
        _save(project)
        after = {name: getattr(project, name) for name in EDITABLE}
        _record("project.changed", project, caller, audit.changes(before, after))
    return project


def _set(project: Project, caller: Caller, changes: dict[str, Any]) -> None:
    if unknown := set(changes) - set(EDITABLE):
        raise TypeError(f"Not a project's to change: {', '.join(sorted(unknown))}")
    for name, value in changes.items():
        setattr(project, name, _checked(value) if name == "name" else value)
    if "defaults" in changes:
        job_defaults.validate(project.defaults, caller.organization.defaults)


def delete(*, caller: Caller, project: Project) -> None:
    """The folder goes; its recordings stay, in no folder."""
    caller.require(Action.PROJECTS_MANAGE)
    with transaction.atomic():
        _record("project.deleted", project, caller)
        project.delete()


def _record(action: str, project: Project, caller: Caller, data: dict[str, Any] | None = None) -> None:
    audit.record(organization=caller.organization, action=action, actor=caller, target=project, data=data)


def _checked(name: str) -> str:
    tidied = tidy(name)
    if not tidied:
        raise Invalid.field("name", _("Give the project a name."), "blank")
    # Here, not only in a form: composing letters makes some names longer.
    if len(tidied) > LONGEST_NAME:
        raise Invalid.field("name", _("At most %(most)d characters.") % {"most": LONGEST_NAME}, "max_length")
    return tidied


def _save(project: Project) -> None:
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError as error:
        raise Conflict(_("A project of this name exists. Choose another name."), error_type="name_taken") from error
