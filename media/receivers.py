"""What recordings have to do with the life of their organization."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.export import Part
from accounts.models import User
from accounts.signals import account_exported
from billing.reports import names
from config.common.clock import from_now
from media.models import Project, Recording
from media.services import personal, purging
from organizations.models import Organization
from organizations.signals import organization_purged


def connect() -> None:
    names.register("project", project_names)
    account_exported.connect(add_to_export, dispatch_uid="media.add_to_export")
    organization_purged.connect(purge_objects, dispatch_uid="media.purge_objects")


def purge_objects(organization: Organization, counts: dict[str, int], **_kwargs: Any) -> None:
    """Everything below `org/<id>/` leaves the storage: now, and once more when no signed address works any more."""
    counts["recordings"] = Recording.objects.filter(organization=organization).count()
    last = from_now(minutes=settings.MEDIA_UPLOAD_URL_EXPIRES / 60)
    purging.schedule(f"org/{organization.pk}/", writable_until=last)


def project_names(organization: Organization, ids: Collection[UUID]) -> dict[UUID, str]:
    """For the ledger, which keeps ids."""
    return dict(Project.objects.filter(organization=organization, pk__in=ids).values_list("pk", "name"))


def add_to_export(user: User, **_kwargs: Any) -> Iterator[Part]:
    return personal.parts(user)
