"""Every page there is, with who sees it in which state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from accounts.services.addresses import change_url
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from organizations.services import deletion
from tests.accounts.conftest import with_totp
from tests.accounts.passkey_device import Device
from tests.accounts.test_passkeys import add
from tests.browser.conftest import session_of
from tests.browser.demo import Demo
from tests.factories import (
    PASSWORD,
    make_delivery,
    make_invitation,
    make_member,
    make_notification,
    make_organization,
    make_user,
    make_webhook,
)
from transcription.models import Evaluation, GlossaryEntry, TranscriptShare, VoiceProfile
from transcription.services import shares

Pages = dict[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """Pages by name, as a browser with this session sees them; an empty session is a guest's."""

    session: str
    pages: Pages


def visits(demo: Demo, alice: User) -> list[Visit]:
    careful = make_user("salma@example.com", first_name="Salma")
    make_organization("Careful", careful)
    browser = Client()
    browser.force_login(careful, backend=sessions.BACKEND)
    add(browser, Device(), "A key")
    with_totp(careful)
    key = Authenticator.objects.get(user=careful, type=Authenticator.Type.WEBAUTHN)
    owner = work(demo) | settings_pages(demo, alice) | account() | closed(alice)
    return [
        Visit(session_of(alice), owner),
        Visit("", public(demo, alice)),
        Visit(session_of(careful), two_steps(key.pk)),
        Visit(half_signed_in(careful), {"second-step": "/accounts/2fa/authenticate/"}),
        Visit(session_of(without_password()), {"set-password": "/accounts/password/set/"}),
        forgotten(alice),
    ]


def work(demo: Demo) -> Pages:
    home = f"/o/{demo.organization.slug}"
    transcript = f"{home}/transcripts/{demo.meeting.pk}"
    entry = GlossaryEntry.objects.filter(organization=demo.organization).earliest("created_at")
    return {
        "home": f"{home}/",
        "recordings": f"{home}/recordings",
        "nothing-found": f"{home}/recordings?q=zzz",
        "recording": f"{home}/recordings/{demo.meeting.recording_id}",
        "failed": f"{home}/recordings/{demo.failed.pk}",
        "rejected": f"{home}/recordings/{demo.rejected.pk}",
        "transcript": transcript,
        "greeting": f"{home}/transcripts/{demo.greeting.pk}",
        "quality": f"{home}/quality",
        "evaluation": f"{home}/quality/{Evaluation.objects.filter(transcript=demo.meeting).latest('created_at').pk}",
        "evaluate": f"{transcript}/evaluate",
        "search": f"{home}/search?q=we",
        "search-empty": f"{home}/search",
        "shares": f"{transcript}/shares",
        "comments": f"{transcript}/comments",
        "export": f"{transcript}/export",
        "subtitles": f"{transcript}/subtitles?max_cps=12",
        "versions": f"{transcript}/versions",
        "compared": f"{transcript}/versions?from=0&to=0",
        "glossary": f"{home}/glossary",
        "glossary-of": f"{home}/glossary/{entry.glossary_id}",
        "glossary-entry": f"{home}/glossary/{entry.glossary_id}/entries/{entry.pk}",
        "dialects": f"{home}/dialects",
        "dialect": f"{home}/dialects/iraqi",
        "speakers": f"{home}/speakers",
        "speaker-profile": f"{home}/speakers/{VoiceProfile.objects.earliest('created_at').pk}",
        "projects": f"{home}/projects",
        "project": f"{home}/projects/{demo.meeting.recording.project_id}",
        "usage": f"{home}/usage",
        "trash": f"{home}/trash",
        "models": f"{home}/models",
        "developers": f"{home}/developers",
        "not-found": "/o/nobody/",
    }


def settings_pages(demo: Demo, alice: User) -> Pages:
    organization, home = demo.organization, f"/o/{demo.organization.slug}"
    make_member(organization, "viewer")
    make_invitation(organization)
    make_notification(organization, alice)
    webhook = make_webhook(organization)
    make_delivery(webhook)
    names = ("retention", "roles", "members", "audit-log", "webhooks", f"webhooks/{webhook.pk}")
    pages = {f"settings-{name.partition('/')[0]}-{at}": f"{home}/settings/{name}" for at, name in enumerate(names)}
    return {"settings": f"{home}/settings", "notifications": f"{home}/notifications", **pages}


def account() -> Pages:
    return {
        "preferences": "/preferences",
        "new-organization": "/organizations/new",
        "password": "/accounts/password/change/",
        "security": "/security",
        "change-email": "/accounts/email/",
        "second-factors": "/accounts/2fa/",
        "new-app": "/accounts/2fa/totp/activate/",
        "passkeys": "/accounts/2fa/webauthn/",
        "devices": "/accounts/sessions/",
        "other-logins": "/accounts/3rdparty/",
        "prove-yourself": "/accounts/reauthenticate/",
        "sign-out": "/accounts/logout/",
        "close-account": "/security/close",
    }


def two_steps(key: int) -> Pages:
    """Of somebody who signs in with an app, recovery codes or a key."""
    return {
        "both-factors": "/accounts/2fa/",
        "no-more-app": "/accounts/2fa/totp/deactivate/",
        "recovery-codes": "/accounts/2fa/recovery-codes/",
        "new-recovery-codes": "/accounts/2fa/recovery-codes/generate/",
        "keys": "/accounts/2fa/webauthn/",
        "new-key": "/accounts/2fa/webauthn/add/",
        "rename-key": f"/accounts/2fa/webauthn/keys/{key}/edit/",
        "no-more-key": f"/accounts/2fa/webauthn/keys/{key}/remove/",
        "prove-by-code": "/accounts/2fa/reauthenticate/",
        "prove-by-key": "/accounts/2fa/webauthn/reauthenticate/",
    }


def closed(alice: User) -> Pages:
    """Organizations that let nobody in: one that was deleted, and one that asks for a second step."""
    gone, strict = make_organization("Closed", alice), make_organization("Strict", alice)
    deletion.close(gone)
    Organization.objects.filter(pk=strict.pk).update(require_mfa=True)
    return {"deleted": f"/o/{gone.slug}/deleted", "two-step": f"/o/{strict.slug}/two-step"}


def public(demo: Demo, alice: User) -> Pages:
    address = EmailAddress.objects.create(user=make_user(), email="new@example.com")
    return {
        "landing": "/",
        "sign-in": "/accounts/login/",
        "sign-up": "/accounts/signup/",
        "forgotten": "/accounts/password/reset/",
        "forgotten-sent": "/accounts/password/reset/done/",
        "password-renewed": "/accounts/password/reset/key/done/",
        "look-into-your-mail": "/accounts/confirm-email/",
        "confirm-address": f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/",
        "confirm-change": change_url(alice, "alice@new.example").removeprefix(settings.PUBLIC_URL),
        "inactive": "/accounts/inactive/",
        "canceled-elsewhere": "/accounts/3rdparty/login/cancelled/",
        "failed-elsewhere": "/accounts/3rdparty/login/error/",
        "invitation": f"/invitations/{make_invitation(demo.organization)[1]}",
        "invitation-closed": "/invitations/nonsense",
        "share-gone": "/s/" + "A" * 43,
        **shared(demo, alice),
    }


def shared(demo: Demo, alice: User) -> Pages:
    caller = caller_for_user(alice, demo.organization.slug)

    def path(**options: Any) -> str:
        _share, address = shares.create(caller=caller, transcript=demo.meeting, **options)
        return address.removeprefix(settings.PUBLIC_URL)

    old = path(name="Old")
    TranscriptShare.objects.filter(name="Old").update(expires_at=timezone.now() - timedelta(days=1))
    return {"shared": path(allow_download=True), "share-locked": path(password=PASSWORD), "share-expired": old}


# --- Sessions in the middle of something -----------------------------------------------------------------------------
def cookie(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def half_signed_in(user: User) -> str:
    """The password was right, the code is still to come."""
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return cookie(client)


def without_password() -> User:
    """Somebody who came by another service."""
    user = make_user("omar@example.com", first_name="Omar")
    user.set_unusable_password()
    user.save()
    make_organization("Elsewhere", user)
    return user


def forgotten(user: User) -> Visit:
    """Where the link in the mail leads to."""
    client = Client()
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uidb36, _, token = key.partition("-")
    answer = client.get(reverse("account_reset_password_from_key", kwargs={"uidb36": uidb36, "key": token}))
    return Visit(cookie(client), {"new-password": str(answer.headers["Location"])})
