"""What workers do for people."""

from __future__ import annotations

from celery import shared_task

from accounts import mail


@shared_task(name="accounts.send_mail", soft_time_limit=60, time_limit=90)
def send_mail(mail_id: str) -> None:
    """Hand one waiting mail to the mail server."""
    mail.deliver(mail_id)


@shared_task(name="accounts.sweep_mails", soft_time_limit=30, time_limit=60)
def sweep_mails() -> int:
    """Sent by beat: mails that wait since their message was lost or their server was away."""
    return mail.ring_due()
