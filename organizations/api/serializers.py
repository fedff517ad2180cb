"""What these routes accept and what they answer. The answers' serializers describe; `presenters` builds the values."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from config.common.api import StrictSerializer
from organizations.api.notice_serializers import NoticesSerializer
from organizations.roles import SCOPES, Role

MAX_PASSWORD = 256
MAX_INTEGER = 2**31 - 1  # of the database's columns


class RegisterSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    # SECURITY: hashing a very long text is work that anybody could order; 256 letters are plenty for a person.
    password = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)
    first_name = serializers.CharField(max_length=150, allow_blank=True, default="")
    last_name = serializers.CharField(max_length=150, allow_blank=True, default="")
    organization_name = serializers.CharField(max_length=200)

    def validate_email(self, value: str) -> str:
        return User.objects.normalize_email(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = User(email=attrs["email"], first_name=attrs["first_name"], last_name=attrs["last_name"])
        try:
            validate_password(attrs["password"], person)
        except ValidationError as error:
            details = [serializers.ErrorDetail(one.messages[0], one.code or "invalid") for one in error.error_list]
            raise serializers.ValidationError({"password": details}) from error
        return attrs


class LoginSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)


class RefreshSerializer(StrictSerializer):
    refresh = serializers.CharField(max_length=4096)


class ChangeMeSerializer(StrictSerializer):
    first_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    language = serializers.ChoiceField(
        [code for code, _ in settings.LANGUAGES],
        allow_blank=True,
        required=False,
        help_text="Empty: as the browser asks.",
    )
    time_zone = serializers.CharField(max_length=64, required=False, help_text="IANA name, such as Asia/Baghdad.")
    theme = serializers.ChoiceField(User.Theme.values, required=False)
    diacritics = serializers.BooleanField(required=False, help_text="Whether those of Arabic text are shown.")
    digits = serializers.ChoiceField(User.Digits.values, required=False, help_text="Of Arabic text.")
    notifications = NoticesSerializer(required=False, help_text="Only what changes.")

    def validate_time_zone(self, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            raise serializers.ValidationError(
                _("Not a time zone. Use an IANA name such as Asia/Baghdad."), code="unknown"
            )
        return value


class NewOrganizationSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)


class NewApiKeySerializer(StrictSerializer):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(sorted(SCOPES)),
        default=list,
        max_length=len(SCOPES),
        help_text="Empty: all that a member may do.",
    )
    expires_at = serializers.DateTimeField(allow_null=True, default=None)
    requests_per_minute = serializers.IntegerField(
        min_value=1, max_value=MAX_INTEGER, allow_null=True, default=None, help_text="Null: the limits of the service."
    )
    max_billable_seconds = serializers.IntegerField(
        min_value=1,
        max_value=MAX_INTEGER,
        allow_null=True,
        default=None,
        help_text="The most that one job of this key may be billed for. Null: no limit but the organization's.",
    )


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    name = serializers.CharField(help_text="The full name, or the address while there is none.")
    language = serializers.CharField(allow_blank=True)
    time_zone = serializers.CharField()
    theme = serializers.ChoiceField(User.Theme.values)
    diacritics = serializers.BooleanField()
    digits = serializers.ChoiceField(User.Digits.values)


class OrganizationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    created_at = serializers.DateTimeField()


class OwnOrganizationSerializer(OrganizationSerializer):
    role = serializers.ChoiceField([role.value for role in Role], allow_null=True, help_text="Null for an API key.")


class MeSerializer(PersonSerializer):
    notifications = NoticesSerializer()
    organizations = OwnOrganizationSerializer(many=True)


class RegisteredSerializer(serializers.Serializer[Any]):
    user = PersonSerializer()
    organization = OrganizationSerializer()
    access = serializers.CharField(allow_null=True, help_text="Null until the address is verified.")
    refresh = serializers.CharField(allow_null=True)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class SignedInSerializer(TokensSerializer):
    user = PersonSerializer()


class MemberSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField([role.value for role in Role])
    created_at = serializers.DateTimeField()


class ApiKeySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="Enough to tell keys apart, not enough to use one.")
    scopes = serializers.ListField(child=serializers.CharField())
    requests_per_minute = serializers.IntegerField(allow_null=True)
    max_billable_seconds = serializers.IntegerField(allow_null=True)
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class CreatedApiKeySerializer(ApiKeySerializer):
    key = serializers.CharField(help_text="Shown this once.")


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
