"""The table of roles in words, drawn from the permission table itself."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organizations.roles import PERMISSIONS, Action, Role

NAMES: dict[Action, Promise] = {
    Action.MEDIA_READ: _("See, play and download recordings"),
    Action.TRANSCRIPTS_READ: _("Read and export transcripts"),
    Action.JOBS_READ: _("See what is being transcribed"),
    Action.PROJECTS_READ: _("See projects"),
    Action.MEMBERS_READ: _("See the members"),
    Action.USAGE_READ: _("See what was used"),
    Action.NOTIFICATIONS_READ: _("Get notifications"),
    Action.MEDIA_WRITE: _("Upload and describe recordings"),
    Action.JOBS_WRITE: _("Transcribe"),
    Action.TRANSCRIPTS_WRITE: _("Edit and comment on transcripts"),
    Action.MEDIA_DELETE_OWN: _("Delete one's own recordings"),
    Action.MEDIA_DELETE_ANY: _("Delete every recording"),
    Action.TRANSCRIPTS_MANAGE: _("Open final transcripts again, delete every comment"),
    Action.PROJECTS_MANAGE: _("Make and change projects"),
    Action.GLOSSARY_MANAGE: _("Change the glossary and the dialects"),
    Action.PROFILES_MANAGE: _("Make, change and delete voice profiles"),
    Action.MEMBERS_MANAGE: _("Invite, change and remove members (not owners)"),
    Action.KEYS_MANAGE: _("Make and revoke API keys"),
    Action.SETTINGS_MANAGE: _("Change the settings"),
    Action.AUDIT_READ: _("Read the audit log"),
    Action.WEBHOOKS_READ: _("See webhooks and what they sent"),
    Action.WEBHOOKS_WRITE: _("Make and change webhooks"),
    Action.BILLING_MANAGE: _("Manage the plan and pay"),
    Action.OWNERSHIP_TRANSFER: _("Make and change owners, pass ownership on"),
    Action.ORGANIZATION_DELETE: _("Delete the organization"),
}


def rows() -> list[tuple[str, list[bool]]]:
    """(what, whether each role may), in the order of NAMES; the roles in the order of Role."""
    known = [*NAMES, *(action for action in Action if action not in NAMES)]
    return [(str(NAMES.get(action, action.value)), [action in PERMISSIONS[role] for role in Role]) for action in known]
