"""/api/v1/auth"""

from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth import logout
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import sessions
from accounts.services import closing
from accounts.services.people import update_person
from config.common.api import validated
from config.common.errors import NotAuthenticated
from organizations.api import account_serializers as forms
from organizations.api import serializers
from organizations.api.base import PersonAPIView, PublicAPIView
from organizations.api.presenters import me_json, person_json, registered_json
from organizations.models import Membership
from organizations.services import sign_in


class RegisterView(PublicAPIView):
    @extend_schema(
        operation_id="auth_register",
        request=serializers.RegisterSerializer,
        responses={201: serializers.RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        """Sign up: a person and the organization that they own. Tokens are null until the address is verified."""
        asked = validated(serializers.RegisterSerializer, request.data)
        signed, tokens = sign_in.register(request=request._request, **asked)
        access, refresh = (tokens.access, tokens.refresh) if tokens else (None, None)
        return Response(registered_json(signed, access, refresh), status=201)


class LoginView(PublicAPIView):
    @extend_schema(
        operation_id="auth_login", request=serializers.LoginSerializer, responses=serializers.SignedInSerializer
    )
    def post(self, request: Request) -> Response:
        """Sign in with address and password for a short access token and a refresh token."""
        asked = validated(serializers.LoginSerializer, request.data)
        user, tokens = sign_in.sign_in(request=request._request, **asked)
        return Response({"user": person_json(user), **asdict(tokens)})


class RefreshView(PublicAPIView):
    @extend_schema(
        operation_id="auth_refresh", request=serializers.RefreshSerializer, responses=serializers.TokensSerializer
    )
    def post(self, request: Request) -> Response:
        """New tokens for a refresh token. Each works once: one that comes again ends its session."""
        tokens = sessions.refresh(validated(serializers.RefreshSerializer, request.data)["refresh"])
        if tokens is None:
            detail = _("This refresh token is not valid any more. Sign in again.")
            raise NotAuthenticated(detail, error_type="invalid_refresh_token")
        return Response(asdict(tokens))


class LogoutView(PersonAPIView):
    @extend_schema(operation_id="auth_logout", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the session of the access token (or of the browser): its tokens open nothing from now on."""
        if isinstance(request.auth, str):
            sessions.end_by_token(request.auth)
        else:
            logout(request._request)
        return Response(status=204)


class MeView(PersonAPIView):
    @extend_schema(operation_id="auth_me", responses=serializers.MeSerializer)
    def get(self, request: Request) -> Response:
        """Who you are, and your organizations with your role in each."""
        return self.answer()

    @extend_schema(
        operation_id="auth_me_change", request=serializers.ChangeMeSerializer, responses=serializers.MeSerializer
    )
    def patch(self, request: Request) -> Response:
        """Change names and preferences. Fields that are left out stay as they are."""
        asked = validated(serializers.ChangeMeSerializer, request.data)
        if "notifications" in asked:
            asked["notices"] = asked.pop("notifications")
        update_person(user=self.person, **asked)
        return self.answer()

    @extend_schema(operation_id="auth_me_close", request=forms.ProofSerializer, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Close the account. Refused with 409 `last_owner` while an organization would be left without an owner."""
        asked = validated(forms.ProofSerializer, request.data)
        closing.close(request=request._request, user=self.person, **asked)
        return Response(status=204)

    def answer(self) -> Response:
        memberships = Membership.objects.filter(user=self.person).select_related("organization")
        return Response(me_json(self.person, list(memberships.order_by("organization__name", "id"))))
