"""The worker that hands mails over, for tests."""

from __future__ import annotations

from accounts import mail
from accounts.models import OutgoingMail
from config.common.clock import now


def deliver_mails() -> int:
    """What workers do about every mail that is due now; how many there were."""
    due = list(OutgoingMail.objects.filter(next_attempt_at__lte=now()).order_by("next_attempt_at"))
    for waiting in due:
        mail.deliver(str(waiting.pk))
    return len(due)
