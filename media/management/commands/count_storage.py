"""manage.py count_storage"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from media.services import counting


class Command(BaseCommand):
    help = "Put right how many bytes each organization has in storage. Safe to run at any time, and twice."

    def handle(self, *args: Any, **options: Any) -> None:
        found = counting.recount()
        self.stdout.write(f"{found.added} recordings added, {found.removed} removed.")
