"""What the routes about one's own account accept and what they answer."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts import second_factor
from config.common.api import StrictSerializer
from organizations.api.serializers import MAX_PASSWORD

CODE_LENGTH = 32
CODE_HELP = "A code of the authenticator app or a recovery code, where the account has two-step sign-in."
REQUIRED, NOT_HERE = _("This field is required for this method."), _("This method takes no such field.")
# SECURITY: long enough for every token of ours, short enough to be no work.
TOKEN_LENGTH = 1000


def password_field(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False, **options)


def code_field() -> serializers.CharField:
    return serializers.CharField(max_length=CODE_LENGTH, allow_blank=True, default="", help_text=CODE_HELP)


class MfaSerializer(StrictSerializer):
    mfa_token = serializers.CharField(max_length=TOKEN_LENGTH, help_text="From the 401 mfa_required of auth/login.")
    method = serializers.ChoiceField(second_factor.METHODS)
    code = serializers.CharField(
        max_length=CODE_LENGTH, required=False, help_text="For `totp` and `recovery_codes`: the code."
    )
    credential = serializers.DictField(
        required=False,
        help_text="For `webauthn`: the answer of navigator.credentials.get() to auth/mfa/passkey, by its toJSON().",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wanted, other = ("credential", "code") if attrs["method"] == second_factor.PASSKEY else ("code", "credential")
        if wanted not in attrs:
            raise serializers.ValidationError({wanted: serializers.ErrorDetail(str(REQUIRED), code="required")})
        if other in attrs:
            raise serializers.ValidationError({other: serializers.ErrorDetail(str(NOT_HERE), code="unknown")})
        return attrs


class MfaTokenSerializer(StrictSerializer):
    mfa_token = serializers.CharField(max_length=TOKEN_LENGTH, help_text="From the 401 mfa_required of auth/login.")


class PasskeyOptionsSerializer(serializers.Serializer[Any]):
    publicKey = serializers.DictField(  # noqa: N815 - WebAuthn's own name
        help_text="PublicKeyCredentialRequestOptions as JSON, for PublicKeyCredential.parseRequestOptionsFromJSON()."
    )


class PasskeySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    replaces_password = serializers.BooleanField(help_text="Whether it signs in alone, or only after the password.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class EmailSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)


class ResetPasswordSerializer(StrictSerializer):
    token = serializers.CharField(max_length=TOKEN_LENGTH, help_text="The last part of the address in the mail.")
    password = password_field()


class VerifyEmailSerializer(StrictSerializer):
    key = serializers.CharField(max_length=TOKEN_LENGTH, help_text="The last part of the address in the mail.")


class ChangePasswordSerializer(StrictSerializer):
    password = password_field(allow_blank=True, default="", help_text="The current one; empty while there is none.")
    new_password = password_field()


class ChangeEmailSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = password_field(allow_blank=True, default="")
    code = code_field()


class ProofSerializer(StrictSerializer):
    password = password_field(allow_blank=True, default="")
    code = code_field()


class AcceptedSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField()


class VerifiedSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()


class SessionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    current = serializers.BooleanField(help_text="The one that this request belongs to.")
    ip = serializers.IPAddressField()
    user_agent = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
