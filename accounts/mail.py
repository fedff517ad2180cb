"""Mail: written in the reader's language inside the transaction that causes it, sent by a worker after it.

A mail `name` is `templates/emails/<name>.subject.txt`, `.txt` and `.html`; without the last, the HTML version is made
from the text. Text templates are not escaped, HTML ones are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone, translation

from accounts.models import OutgoingMail, User
from config.common import queue
from config.common.clock import now

logger = structlog.get_logger(__name__)
FOLDER = "emails"
MAX_SUBJECT = 255
SIGNATURE = "\n-- \n"
# After each failed attempt; then the mail is given up.
RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 600))
BATCH = 100


def send(
    template: str, to: User | str, context: Mapping[str, Any] | None = None, *, language: str = ""
) -> OutgoingMail:
    """Put the mail `template` for a person or an address into the queue of outgoing mail.

    It is in the language that its reader chose (for an address: the one of its owner; else `language`, else the current
    one). Moments are in UTC, and mails say so: the zone that is active is that of whoever caused the mail.
    Templates get `context` and `reader` (User | None), `site_url`, `email`.
    """
    address = to.email if isinstance(to, User) else User.objects.normalize_email(to)
    reader = to if isinstance(to, User) else User.objects.filter(email=address).first()
    chosen = _language(reader, language)
    known = {"reader": reader, "email": address, "site_url": settings.PUBLIC_URL, **(context or {})}
    with translation.override(chosen), timezone.override(UTC):
        subject, text, html = _rendered(template, known)
    mail = OutgoingMail.objects.create(
        to=address, template=template, language=chosen, subject=subject, text=text, html=html
    )
    queue.on_commit("accounts.send_mail", mail.pk)
    return mail


def deliver(mail_id: str) -> None:
    """Hand one mail to the mail server. It is deleted when that took it, tried again later when not."""
    with transaction.atomic():
        waiting = OutgoingMail.objects.select_for_update(skip_locked=True)
        mail = waiting.filter(pk=mail_id, next_attempt_at__lte=now()).first()
        if mail is not None:
            _try(mail)


def ring_due() -> int:
    """Sent by beat: ring for mails that the broker lost or the mail server did not take. The number that was due.

    Each is a task of its own: a mail server that never answers must not hold one worker more with every sweep.
    """
    due = OutgoingMail.objects.filter(next_attempt_at__lte=now()).order_by("next_attempt_at")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        queue.send("accounts.send_mail", pk)
    return len(ids)


def _language(reader: User | None, fallback: str) -> str:
    chosen = (reader.language if reader else "") or fallback or translation.get_language() or settings.LANGUAGE_CODE
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _rendered(template: str, context: Mapping[str, Any]) -> tuple[str, str, str]:
    """Subject (one line), text and HTML."""
    # SECURITY: a name with a line break must not write headers of its own.
    subject = " ".join(_render(f"{template}.subject.txt", context).split())[:MAX_SUBJECT]
    text = _render(f"{template}.txt", context)
    known = {**context, "subject": subject}
    try:
        html = _render(f"{template}.html", known)
    except TemplateDoesNotExist:
        html = _render("from_text.html", {**known, "body": text.partition(SIGNATURE)[0]})
    return subject, text, html


def _render(name: str, context: Mapping[str, Any]) -> str:
    compiled: Any = get_template(f"{FOLDER}/{name}")
    rendered: str = compiled.template.render(Context(dict(context), autoescape=name.endswith(".html")))
    return rendered.strip() + "\n"


def _try(mail: OutgoingMail) -> None:
    try:
        _message(mail).send()
    except Exception as error:  # whatever the mail server or its library says: it is tried again
        _postpone(mail, error)
    else:
        mail.delete()


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    headers = {"Auto-Submitted": "auto-generated", "Content-Language": mail.language}
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], headers=headers)
    message.attach_alternative(mail.html, "text/html")
    return message


def _postpone(mail: OutgoingMail, error: Exception) -> None:
    # SECURITY: what a mail server answers may quote the mail; the log gets the kind of error only.
    logger.warning("mail_failed", mail=str(mail.pk), template=mail.template, error=type(error).__name__)
    if mail.attempts >= len(RETRY_DELAYS):
        logger.error("mail_given_up", mail=str(mail.pk), template=mail.template)
        mail.delete()
        return
    mail.next_attempt_at = now() + RETRY_DELAYS[mail.attempts]
    mail.attempts += 1
    mail.save(update_fields=["attempts", "next_attempt_at", "updated_at"])
