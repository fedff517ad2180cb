"""/api/v1/auth: forgotten passwords, addresses, the second step of signing in, sessions, and one's own data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import export, second_factor, sessions
from accounts.services import addresses, limits, passkeys, passwords
from config.common.api import validated
from config.common.clock import iso
from config.common.downloads import download
from config.common.errors import NotFound
from config.common.pagination import list_of
from organizations.api import account_serializers as forms
from organizations.api import serializers
from organizations.api.base import PersonAPIView, PublicAPIView
from organizations.api.presenters import person_json
from organizations.services import sign_in

ACCEPTED = _("If this address can get such a mail, it is on its way.")


class MfaView(PublicAPIView):
    @extend_schema(operation_id="auth_mfa", request=forms.MfaSerializer, responses=serializers.SignedInSerializer)
    def post(self, request: Request) -> Response:
        """The second step of signing in: the token of `mfa_required`, and a code or what a passkey signed.

        For a passkey, ask auth/mfa/passkey first. Everything works once.
        """
        user, tokens = sign_in.second_step(request=request._request, **validated(forms.MfaSerializer, request.data))
        return Response({"user": person_json(user), **asdict(tokens)})


class PasskeyChallengeView(PublicAPIView):
    @extend_schema(
        operation_id="auth_mfa_passkey", request=forms.MfaTokenSerializer, responses=forms.PasskeyOptionsSerializer
    )
    def post(self, request: Request) -> Response:
        """What a browser needs to sign with a passkey as second step. Each challenge counts for one try."""
        asked = validated(forms.MfaTokenSerializer, request.data)
        return Response(second_factor.passkey_options(asked["mfa_token"]))


class PasskeysView(PersonAPIView):
    @extend_schema(operation_id="auth_passkeys", responses=list_of(forms.PasskeySerializer))
    def get(self, request: Request) -> Response:
        """Your passkeys, the newest first. They are added in the browser."""
        return Response({"data": [passkey_json(one) for one in passkeys.of(self.person)]})


class PasskeyView(PersonAPIView):
    @extend_schema(operation_id="auth_passkey_remove", request=forms.ProofSerializer, responses={204: None})
    def delete(self, request: Request, passkey_id: UUID) -> Response:
        """Remove a passkey: it signs in no more. Recovery codes go with the last second factor."""
        asked = validated(forms.ProofSerializer, request.data)
        if not passkeys.remove(request=request._request, user=self.person, passkey_id=passkey_id, **asked):
            raise NotFound
        return Response(status=204)


class ForgotPasswordView(PublicAPIView):
    @extend_schema(
        operation_id="auth_forgot_password", request=forms.EmailSerializer, responses={202: forms.AcceptedSerializer}
    )
    def post(self, request: Request) -> Response:
        """Mail a link to set a new password. The answer is the same whether the address is known or not."""
        passwords.request_reset(request=request._request, **validated(forms.EmailSerializer, request.data))
        return Response({"detail": str(ACCEPTED)}, status=202)


class ResetPasswordView(PublicAPIView):
    @extend_schema(operation_id="auth_reset_password", request=forms.ResetPasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a new password by the token of the mail. Every session of the person ends."""
        passwords.reset(request=request._request, **validated(forms.ResetPasswordSerializer, request.data))
        return Response(status=204)


class VerifyEmailView(PublicAPIView):
    @extend_schema(
        operation_id="auth_verify_email", request=forms.VerifyEmailSerializer, responses=forms.VerifiedSerializer
    )
    def post(self, request: Request) -> Response:
        """Confirm an address by the key of the mail."""
        address = addresses.verify(request=request._request, **validated(forms.VerifyEmailSerializer, request.data))
        return Response({"email": address.email})


class ResendVerificationView(PublicAPIView):
    @extend_schema(
        operation_id="auth_resend_verification",
        request=forms.EmailSerializer,
        responses={202: forms.AcceptedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Mail the link that confirms an address once more. The answer is the same for every address."""
        addresses.resend(request=request._request, **validated(forms.EmailSerializer, request.data))
        return Response({"detail": str(ACCEPTED)}, status=202)


class ChangePasswordView(PersonAPIView):
    @extend_schema(
        operation_id="auth_change_password",
        request=forms.ChangePasswordSerializer,
        responses=serializers.TokensSerializer,
    )
    def post(self, request: Request) -> Response:
        """Change the password. Every session ends, this one too; the answer has the tokens of a new one."""
        asked = validated(forms.ChangePasswordSerializer, request.data)
        return Response(asdict(passwords.change(request=request._request, user=self.person, **asked)))


class ChangeEmailView(PersonAPIView):
    @extend_schema(
        operation_id="auth_change_email",
        request=forms.ChangeEmailSerializer,
        responses={202: forms.AcceptedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Mail a link to a new address; once it was opened, the account has that address."""
        asked = validated(forms.ChangeEmailSerializer, request.data)
        addresses.request_change(request=request._request, user=self.person, **asked)
        return Response({"detail": str(ACCEPTED)}, status=202)


class SessionsView(PersonAPIView):
    @extend_schema(operation_id="auth_sessions", responses=list_of(forms.SessionSerializer))
    def get(self, request: Request) -> Response:
        """Every browser and program that is signed in as you, the newest first."""
        current = _current(request)
        return Response({"data": [session_json(one, current) for one in sessions.open_sessions(self.person)]})

    @extend_schema(operation_id="auth_sessions_end_others", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign out everywhere else."""
        sessions.end_others(self.person, but=_current(request))
        return Response(status=204)


class SessionView(PersonAPIView):
    @extend_schema(operation_id="auth_session_end", responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Sign out one browser or program: its cookie and tokens open nothing from now on."""
        if not sessions.end_one(self.person, session_id):
            raise NotFound
        return Response(status=204)


class ExportView(PersonAPIView):
    @extend_schema(operation_id="auth_me_export", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """All that is kept about you, as a ZIP of JSON files and transcripts."""
        limits.spend(request._request, "export", user=self.person)
        return download(export.filename(self.person), export.stream(self.person), "application/zip")


def session_json(one: UserSession, current: str) -> dict[str, Any]:
    return {
        "id": sessions.public_id(one),
        "current": one.session_key == current,
        "ip": one.ip,
        "user_agent": one.user_agent,
        "created_at": iso(one.created_at),
        "last_seen_at": iso(one.last_seen_at),
    }


def passkey_json(one: Authenticator) -> dict[str, Any]:
    wrapped = one.wrap()
    return {
        "id": passkeys.public_id(one),
        "name": wrapped.name,
        "replaces_password": bool(wrapped.is_passwordless),
        "created_at": iso(one.created_at),
        "last_used_at": iso(one.last_used_at),
    }


def _current(request: Request) -> str:
    """The key of the session that this request belongs to."""
    if isinstance(request.auth, str):
        return sessions.key_of_access_token(request.auth)
    return request._request.session.session_key or ""
