"""Mail: in the reader's language, kept until the mail server has it, and in the embedded mode shown instead of sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from accounts import mail
from accounts.models import OutgoingMail, User
from config.common.clock import now
from organizations.models import Organization
from tests.mailing import deliver_mails

pytestmark = pytest.mark.django_db
FILES = "django.core.mail.backends.filebased.EmailBackend"
RESET = {"password_reset_url": "http://127.0.0.1:8000/accounts/password/reset/key/x-y/"}
TEMPLATES = [
    *("account_already_exists", "email_change", "email_changed", "email_confirmation", "email_confirmation_signup"),
    *("password_changed", "password_reset", "password_reset_key", "password_set", "unknown_account", "account_closed"),
    *("totp_activated", "totp_deactivated", "recovery_codes_generated", "webauthn_added", "webauthn_removed"),
    *("account_connected", "account_disconnected"),
]


def html_of(message: Any) -> str:
    assert isinstance(message, EmailMultiAlternatives)
    (content, kind) = message.alternatives[0]
    assert kind == "text/html"
    return str(content)


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_text_and_html_in_the_readers_language(alice: User, mails: Any, language: str, direction: str) -> None:
    User.objects.filter(pk=alice.pk).update(language=language)
    with translation.override("en" if language == "ar" else "ar"):
        mail.send("password_reset_key", User.objects.get(pk=alice.pk), RESET)
    (message,) = mails()
    assert message.extra_headers["Content-Language"] == language
    assert f'<html lang="{language}" dir="{direction}">' in html_of(message)
    assert RESET["password_reset_url"] in message.body
    assert f'href="{RESET["password_reset_url"]}"' in html_of(message)
    assert any("\u0600" < letter < "\u06ff" for letter in message.subject) == (language == "ar")


def test_an_address_that_belongs_to_somebody_is_written_to_in_their_language(alice: User, mails: Any) -> None:
    User.objects.filter(pk=alice.pk).update(language="ar")
    mail.send("unknown_account", "ALICE@example.com", {"signup_url": "http://x"}, language="en")
    assert mails()[0].extra_headers["Content-Language"] == "ar"


def test_moments_are_those_of_utc_wherever_the_cause_was(
    client_for: Any, alice: User, organization: Organization, mails: Any
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Baghdad")
    client_for(alice).post(f"/o/{organization.slug}/settings/delete", {"name": organization.name})
    organization.refresh_from_db()
    assert organization.purge_at is not None
    assert f"{organization.purge_at:%H:%M} (UTC)" in mails()[-1].body


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_can_be_written(alice: User, template: str, language: str) -> None:
    written = mail.send(template, "somebody@example.com", {"person": alice}, language=language)
    assert written.subject.strip() and len(written.text) > 40
    assert "<html" in written.html


def test_names_can_not_write_headers_or_tags(alice: User, mails: Any) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="<b>x</b>\nBcc: all@example.com")
    alice.refresh_from_db()
    mail.send("email_change", "new@example.com", {"url": "http://x", "person": alice})
    (message,) = mails()
    assert "<b>" not in html_of(message)
    assert "<b>x</b>" in message.body
    assert "\n" not in message.subject


def test_nothing_is_sent_by_a_transaction_that_fails(alice: User) -> None:
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        mail.send("account_closed", alice)
        raise RuntimeError
    assert not OutgoingMail.objects.exists()


def test_a_mail_server_that_is_away_gets_it_later(alice: User, settings: Settings, mailoutbox: list[Any]) -> None:
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    written = mail.send("account_closed", alice)
    mail.deliver(str(written.pk))
    written.refresh_from_db()
    assert written.attempts == 1
    assert timedelta(seconds=50) < written.next_attempt_at - now() <= timedelta(minutes=1)
    settings.EMAIL_BACKEND = working
    assert deliver_mails() == 0
    OutgoingMail.objects.update(next_attempt_at=now())
    assert deliver_mails() == 1
    assert [message.to for message in mailoutbox] == [[alice.email]]
    assert not OutgoingMail.objects.exists()


def test_a_mail_that_nobody_takes_is_given_up(alice: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    mail.send("account_closed", alice)
    for _ in range(len(mail.RETRY_DELAYS) + 1):
        OutgoingMail.objects.update(next_attempt_at=now())
        deliver_mails()
    assert not OutgoingMail.objects.exists()


def test_a_mail_is_sent_once(alice: User, mails: Any) -> None:
    written = mail.send("account_closed", alice)
    mail.deliver(str(written.pk))
    mail.deliver(str(written.pk))
    assert len(mails()) == 1


class Provider(BaseHTTPRequestHandler):
    """The HTTP service of a mail provider, as Postmark's is."""

    received: list[tuple[str, dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.received.append((self.headers["X-Postmark-Server-Token"], body))
        answer = json.dumps({"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": body["To"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_providers_http_service_takes_mail(alice: User, settings: Settings, provider: str) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "token", "POSTMARK_API_URL": provider}
    Provider.received.clear()
    mail.send("account_closed", alice)
    deliver_mails()
    assert not OutgoingMail.objects.exists()
    ((token, body),) = Provider.received
    assert (token, body["To"], body["Subject"]) == ("token", "alice@example.com", "Your account is closed")
    assert "<html" in body["HtmlBody"] and "is closed" in body["TextBody"]


# --- the mailbox of the embedded mode


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path) -> Path:
    settings.EMBEDDED, settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = True, FILES, str(tmp_path)
    return tmp_path


def test_mails_are_shown_on_this_machine(client: Client, alice: User, mailbox: Path) -> None:
    User.objects.filter(pk=alice.pk).update(language="ar")
    mail.send("password_reset_key", User.objects.get(pk=alice.pk), RESET)
    mail.send("account_closed", "bob@example.com")
    deliver_mails()
    page = client.get("/mail").content.decode()
    assert "bob@example.com" in page and "alice@example.com" in page
    names = [part.partition('"')[0] for part in page.split('href="/mail/')[1:]]
    assert len(names) == 2
    texts = [client.get(f"/mail/{name}").content.decode() for name in names]
    assert any(f'href="{RESET["password_reset_url"]}"' in text for text in texts)
    shown = client.get(f"/mail/{names[0]}/html")
    assert "<html" in shown.content.decode()
    assert "sandbox" in shown["Content-Security-Policy"] and "script-src" not in shown["Content-Security-Policy"]
    assert shown["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("name", ["x", "..", "20260101-000000-1.log.0", "..%2F..%2Fetc%2Fpasswd", "a.log.0"])
def test_other_files_are_not_mails(client: Client, mailbox: Path, name: str) -> None:
    (mailbox / "a.log").write_text("Subject: no\n\nno")
    for path in (f"/mail/{name}", f"/mail/{name}/html"):
        assert client.get(path).status_code == 404


def test_nobody_else_sees_them(client: Client, client_for: Any, alice: User, mailbox: Path, settings: Settings) -> None:
    assert client.get("/mail").status_code == 200
    assert client.post("/mail").status_code == 405
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    for elsewhere in (
        Client(REMOTE_ADDR="192.0.2.1"),
        Client(headers={"X-Forwarded-For": "127.0.0.1"}),
        client_for(alice, REMOTE_ADDR="192.0.2.1"),
    ):
        assert elsewhere.get("/mail").status_code == 404
    settings.EMBEDDED = False
    assert client.get("/mail").status_code == 404
    settings.EMBEDDED, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    assert client.get("/mail").status_code == 404
