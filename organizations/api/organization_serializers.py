"""What the routes about members, invitations, settings and notifications accept and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.common.api import StrictSerializer
from organizations.api.serializers import MAX_PASSWORD, OwnOrganizationSerializer
from organizations.models import Invitation
from organizations.roles import Role
from organizations.services.settings import LONGEST_NAME, LONGEST_RETENTION, MOST_DOMAINS

ROLES = [role.value for role in Role]
LONGEST_TOKEN = 200


def days(help_text: str) -> serializers.IntegerField:
    """A rule of retention; null is for ever."""
    return serializers.IntegerField(
        min_value=1, max_value=LONGEST_RETENTION, allow_null=True, required=False, help_text=help_text
    )


class JobDefaultsSerializer(StrictSerializer):
    """What jobs use where their request says nothing. A project's word comes before the organization's."""

    engine = serializers.CharField(max_length=40, required=False)
    model = serializers.CharField(max_length=200, required=False)
    language = serializers.RegexField(r"^(auto|[a-z]{2,3})$", required=False, help_text="ISO 639 code or `auto`.")
    dialect = serializers.CharField(max_length=40, required=False, allow_null=True)
    mode = serializers.ChoiceField(choices=["dialogue", "mono"], required=False)


# --- Requests --------------------------------------------------------------------------------------------------------
class ChangeOrganizationSerializer(StrictSerializer):
    name = serializers.CharField(max_length=LONGEST_NAME, required=False)


class ChangeSettingsSerializer(ChangeOrganizationSerializer):
    defaults = JobDefaultsSerializer(required=False, help_text="Replaces the defaults as a whole.")
    audio_retention_days = days("Audio older than this is deleted; its transcripts stay. Null: never.")
    transcript_retention_days = days("Transcripts older than this are deleted. Null: never.")
    allowed_email_domains = serializers.ListField(
        child=serializers.CharField(max_length=253),
        max_length=MOST_DOMAINS,
        required=False,
        help_text="Only addresses of these domains may join. Empty: any. Who is a member already, stays.",
    )
    require_mfa = serializers.BooleanField(
        required=False, help_text="Members without two-step sign-in get 403 `mfa_required_by_organization`."
    )


class ChangeMemberSerializer(StrictSerializer):
    role = serializers.ChoiceField(ROLES)


class TransferOwnershipSerializer(StrictSerializer):
    member = serializers.UUIDField(help_text="The id of the membership, as the list of members gives it.")


class NewInvitationSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(ROLES, default=Role.MEMBER.value)


class AcceptInvitationSerializer(StrictSerializer):
    token = serializers.CharField(max_length=LONGEST_TOKEN)


class AcceptWithAccountSerializer(AcceptInvitationSerializer):
    password = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)
    first_name = serializers.CharField(max_length=150, allow_blank=True, default="")
    last_name = serializers.CharField(max_length=150, allow_blank=True, default="")


class ReadSerializer(StrictSerializer):
    read = serializers.BooleanField(default=True)


# --- Answers ---------------------------------------------------------------------------------------------------------
class OrganizationDetailSerializer(OwnOrganizationSerializer):
    deleted_at = serializers.DateTimeField(allow_null=True)
    purge_at = serializers.DateTimeField(allow_null=True, help_text="When a deleted organization is gone for good.")


class SettingsSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    defaults = JobDefaultsSerializer()
    audio_retention_days = serializers.IntegerField(allow_null=True)
    transcript_retention_days = serializers.IntegerField(allow_null=True)
    allowed_email_domains = serializers.ListField(child=serializers.CharField())
    require_mfa = serializers.BooleanField()


class InvitationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(ROLES)
    status = serializers.ChoiceField(Invitation.Status.choices)
    invited_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NotificationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="`job.completed`, `job.failed`, `organization.transferred`.")
    message = serializers.CharField(help_text="In the person's language.")
    subject = serializers.UUIDField(allow_null=True, help_text="The job that it is about.")
    url = serializers.URLField(allow_null=True, help_text="The page that shows more.")
    read = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class MarkedSerializer(serializers.Serializer[Any]):
    changed = serializers.IntegerField()
