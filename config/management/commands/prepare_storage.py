"""`manage.py prepare_storage`: make the bucket for recordings and let our pages upload to it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from media.storage import StorageError, get_media_storage


class Command(BaseCommand):
    help = "Make the bucket (or folder) for recordings unless it is there, and allow uploads from pages of PUBLIC_URL."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            created = get_media_storage().ensure_bucket([settings.PUBLIC_URL, *settings.CORS_ALLOWED_ORIGINS])
        except StorageError as error:
            raise CommandError(f"{error} `manage.py doctor storage` tells more.") from error
        self.stdout.write("The place for recordings was made." if created else "The place for recordings is there.")
