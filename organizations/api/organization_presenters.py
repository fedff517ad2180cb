"""Invitations, settings and notifications as the public API shows them."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from config.common.clock import iso
from organizations.api.presenters import own_organization_json
from organizations.models import Invitation, Notification, Organization
from organizations.notifications import notices
from organizations.roles import Role
from organizations.services.settings import EDITABLE

Json = dict[str, Any]


def organization_detail_json(organization: Organization, role: Role | str | None) -> Json:
    ends = {"deleted_at": iso(organization.deleted_at), "purge_at": iso(organization.purge_at)}
    return {**own_organization_json(organization, role), **ends}


def settings_json(organization: Organization) -> Json:
    return {name: getattr(organization, name) for name in EDITABLE}


def invitation_json(invitation: Invitation) -> Json:
    return {
        "id": invitation.pk,
        "email": invitation.email,
        "role": invitation.role,
        "status": invitation.status,
        "invited_by": invitation.invited_by_id,
        "created_at": iso(invitation.created_at),
        "sent_at": iso(invitation.sent_at),
        "expires_at": iso(invitation.expires_at),
        "accepted_at": iso(invitation.accepted_at),
        "revoked_at": iso(invitation.revoked_at),
    }


def notification_json(notification: Notification) -> Json:
    return {
        "id": notification.pk,
        "kind": notification.kind,
        "message": notices.words_of(notification),
        "subject": notification.subject,
        "url": settings.PUBLIC_URL + notification.path if notification.path else None,
        "read": notification.read_at is not None,
        "created_at": iso(notification.created_at),
    }
