"""Every action of the audit log and what it is called. A test compares this list with what the code records."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By kind, in the order in which people look for them.
ACTIONS: dict[str, dict[str, Promise]] = {
    "user": {
        "user.signed_in": _("Signed in"),
        "user.signed_out": _("Signed out"),
        "user.password_set": _("Set a password"),
        "user.password_changed": _("Changed the password"),
        "user.password_reset": _("Reset the password"),
        "user.email_changed": _("Changed the email address"),
        "user.mfa_added": _("Added a second factor"),
        "user.mfa_removed": _("Removed a second factor"),
        "user.mfa_reset": _("Made new recovery codes"),
        "user.closed": _("Closed the account"),
    },
    "organization": {
        "organization.created": _("Started the organization"),
        "organization.changed": _("Changed settings of the organization"),
        "organization.transferred": _("Passed ownership on"),
        "organization.deleted": _("Deleted the organization"),
        "organization.restored": _("Restored the organization"),
    },
    "member": {
        "member.joined": _("Joined"),
        "member.role_changed": _("Changed a role"),
        "member.removed": _("Removed a member"),
        "member.left": _("Left"),
    },
    "invitation": {
        "invitation.created": _("Invited somebody"),
        "invitation.resent": _("Sent an invitation again"),
        "invitation.revoked": _("Revoked an invitation"),
    },
    "api_key": {
        "api_key.created": _("Made an API key"),
        "api_key.revoked": _("Revoked an API key"),
    },
    "webhook": {
        "webhook.created": _("Made a webhook"),
        "webhook.changed": _("Changed a webhook"),
        "webhook.deleted": _("Deleted a webhook"),
        "webhook.secret_rotated": _("Made a new webhook secret"),
        "webhook.stopped": _("A webhook was stopped"),
    },
    "project": {
        "project.created": _("Made a project"),
        "project.changed": _("Changed a project"),
        "project.deleted": _("Deleted a project"),
    },
    "media": {
        "media.uploaded": _("Uploaded a recording"),
        "media.imported": _("Fetched a recording from an address"),
        "media.changed": _("Changed a recording"),
        "media.deleted": _("Put a recording into the trash"),
        "media.restored": _("Restored a recording"),
        "media.purged": _("Deleted a recording for good"),
        "media.audio_expired": _("Audio went by the rule of retention"),
    },
    "job": {
        "job.submitted": _("Started a transcription"),
        "job.canceled": _("Canceled a transcription"),
        "job.retried": _("Tried a transcription again"),
        "job.rediarized": _("Told speakers apart again"),
        "job.deleted": _("Deleted a transcription"),
        "job.expired": _("A transcript went by the rule of retention"),
    },
    "transcript": {
        "transcript.shared": _("Shared a transcript by link"),
        "transcript.share_revoked": _("Revoked a share link"),
        "transcript.exported": _("Exported several transcripts"),
        "transcript.restored": _("Restored an earlier version of a transcript"),
        "transcript.status_changed": _("Changed the review of a transcript"),
    },
    "glossary": {
        "glossary.created": _("Made a glossary"),
        "glossary.changed": _("Changed a glossary"),
        "glossary.deleted": _("Deleted a glossary"),
        "glossary.proposal_rejected": _("Rejected a proposal for the glossary"),
    },
    "dialect": {
        "dialect.changed": _("Changed a dialect's preset"),
        "dialect.reset": _("Reset a dialect's preset"),
    },
    "profile": {
        "profile.consent_given": _("Switched voice profiles on"),
        "profile.consent_withdrawn": _("Switched voice profiles off and deleted all voices"),
        "profile.created": _("Made a voice profile"),
        "profile.changed": _("Changed a voice profile"),
        "profile.deleted": _("Deleted a voice profile"),
        "profile.accepted": _("Accepted a voice as somebody's"),
        "profile.rejected": _("Rejected a suggested voice"),
        "profile.taken_back": _("Took a voice away from a profile"),
    },
    "comment": {
        "comment.created": _("Wrote a comment"),
        "comment.changed": _("Changed a comment"),
        "comment.deleted": _("Deleted a comment"),
        "comment.resolved": _("Resolved a comment"),
        "comment.reopened": _("Opened a comment again"),
    },
    "highlight": {
        "highlight.created": _("Highlighted a place"),
        "highlight.deleted": _("Deleted a highlight"),
    },
    "billing": {
        "billing.corrected": _("Corrected the usage"),
        "billing.overage_capped": _("Changed how much past the included time may be used"),
    },
    "subscription": {
        "subscription.checkout": _("Went to buy a plan"),
        "subscription.changed": _("The plan or its state changed"),
        "subscription.doubles_ended": _("Ended a second subscription"),
    },
    "staff": {
        "staff.added": _("Staff added something"),
        "staff.changed": _("Staff changed something"),
        "staff.deleted": _("Staff deleted something"),
    },
}
KINDS: dict[str, Promise] = {
    "user": _("Accounts"),
    "organization": _("Organization"),
    "member": _("Members"),
    "invitation": _("Invitations"),
    "api_key": _("API keys"),
    "webhook": _("Webhooks"),
    "project": _("Projects"),
    "media": _("Recordings"),
    "job": _("Transcriptions"),
    "transcript": _("Transcripts"),
    "glossary": _("Glossary"),
    "dialect": _("Dialects"),
    "profile": _("Voice profiles"),
    "comment": _("Comments"),
    "highlight": _("Highlights"),
    "billing": _("Billing"),
    "subscription": _("Plan"),
    "staff": _("Staff"),
}
NAMES: dict[str, Promise] = {action: name for actions in ACTIONS.values() for action, name in actions.items()}


def name_of(action: str) -> str:
    """In the reader's language; an action of an older version by its code."""
    return str(NAMES.get(action, action))


def kind_name(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a select: groups of kinds, each with "all" first."""
    return [
        (
            kind_name(kind),
            [(kind, f"{kind_name(kind)}: {_('all')}"), *((code, str(name)) for code, name in all_.items())],
        )
        for kind, all_ in ACTIONS.items()
    ]
