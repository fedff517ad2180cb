"""Pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.views.i18n import set_language

from accounts.views import mailbox, people, security

urlpatterns: list[URLPattern] = [
    path("", people.landing, name="landing"),
    path("preferences", people.preferences, name="preferences"),
    path("language", set_language, name="set_language"),
    path("security", security.security, name="security"),
    path("security/close", security.close_account, name="close-account"),
    path("security/data", security.download_data, name="download-data"),
    path("security/verify", security.resend_verification, name="resend-verification"),
    path("security/sessions/<uuid:session_id>/end", security.end_session, name="end-session"),
    # In place of allauth's page: there a new address waits in a row and removes one that is not verified.
    path("accounts/email/", security.change_email, name="account_email"),
    path("accounts/email/change/<str:token>", security.confirm_email_change, name="confirm-email-change"),
    path("mail", mailbox.mailbox, name="mailbox"),
    path("mail/<str:name>", mailbox.letter, name="letter"),
    path("mail/<str:name>/html", mailbox.letter_html, name="letter-html"),
]
