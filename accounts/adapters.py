"""How allauth behaves here: addresses in lower case, mails in the reader's language, secrets encrypted."""

from __future__ import annotations

from typing import Any

import requests
import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse

from accounts import mail
from accounts.models import User
from config.common import encryption, request_meta
from config.common.api import is_api

logger = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def clean_email(self, email: str) -> str:
        return User.objects.normalize_email(super().clean_email(email))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """`account/email/password_reset_key` is our `templates/emails/password_reset_key.*`.

        A former address is nobody's any more, so the language is asked of the person that the mail is about.
        """
        person = context.get("user")
        language = person.language if isinstance(person, User) else ""
        mail.send(template_prefix.rpartition("/")[2], email, context, language=language)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that limits count by, the same one as in the rest of the house."""
        return request_meta.client_ip(request) or "0.0.0.0"  # noqa: S104 - "unknown", nothing listens there

    # SECURITY: links in mails lead to PUBLIC_URL, never to a host that a request named.
    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return f"{settings.PUBLIC_URL}{reverse('account_confirm_email', args=[emailconfirmation.key])}"

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        return f"{settings.PUBLIC_URL}{path}"

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """False also when somebody else signed up with the address in the meantime."""
        others = User.objects.filter(email=email_address.email).exclude(pk=email_address.user_id)
        return not others.exists() and bool(super().confirm_email(request, email_address))

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Programs get answers, not cookies with news for a page."""
        if not is_api(request.path):
            super().add_message(request, *args, **kwargs)


class MfaAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return encryption.decrypt(encrypted_text)
        except encryption.Undecryptable:
            # Whoever is at the door gets "wrong code", and the operator hears why.
            logger.error("undecryptable_second_factor", hint="Put the former key back into ENCRYPTION_KEYS.")
            raise self.validation_error("incorrect_code") from None

    def get_totp_issuer(self) -> str:
        return "Tadwin"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Tadwin"}


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """SECURITY: what another service says about an address counts only where the operator said that it does."""
        app = sociallogin.provider.app
        trusted = bool(app and app.settings.get("trust_email"))
        for address in sociallogin.email_addresses:
            address.email = User.objects.normalize_email(address.email)
            address.verified = address.verified and trusted

    def get_requests_session(self) -> requests.Session:
        session: requests.Session = super().get_requests_session()
        ask = session.request

        def request(*args: Any, **kwargs: Any) -> requests.Response:
            try:
                return ask(*args, **kwargs)
            except requests.RequestException as error:
                logger.warning("sign_in_service_failed", error=type(error).__name__)
                page = render(self.request, "socialaccount/authentication_error.html", status=503)
                raise ImmediateHttpResponse(page) from error

        session.request = request  # type: ignore[method-assign] # allauth makes the session itself
        return session

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.email = User.objects.normalize_email(user.email)
        return user
