"""`manage.py rotate_keys`: after a new key was put first in ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.common import encryption


class Command(BaseCommand):
    help = "Encrypts every stored secret with the first key of ENCRYPTION_KEYS. Then older keys may be removed."

    def handle(self, *_args: Any, **_options: Any) -> None:
        answers = encryption.rotating.send_robust(sender=None)
        failed = [error for _, error in answers if isinstance(error, Exception)]
        changed = sum(count for _, count in answers if isinstance(count, int))
        self.stdout.write(f"{changed} secrets are encrypted with the newest key.")
        if failed:
            raise CommandError(f"Some could not be read: keep the old keys. First reason: {failed[0]!r}")
