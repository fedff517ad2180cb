"""What `manage.py check` says about the place of recordings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

S3_LARGEST_PUT = 5 << 30
S3_LONGEST_SIGNATURE = 7 * 24 * 3600


@register()
def check_media_root(**_kwargs: Any) -> list[CheckMessage]:
    """On local disk the folder must be writable, or the first parent that exists, where it is made later."""
    if settings.S3_BUCKET:
        return []
    folder = Path(settings.MEDIA_ROOT).absolute()
    while not folder.exists():
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return []
    hint = "Let this process write there, or set MEDIA_ROOT to another folder."
    return [Error("The folder for recordings, MEDIA_ROOT, cannot be written to.", hint=hint, id="media.E001")]


@register()
def check_bucket(**_kwargs: Any) -> list[CheckMessage]:
    if not settings.S3_BUCKET:
        return []
    found: list[CheckMessage] = []
    if not settings.S3_REGION:
        hint = "Set S3_REGION; for services without regions us-east-1 is right."
        found.append(Error("S3_BUCKET is set but S3_REGION is empty.", hint=hint, id="media.E002"))
    if bool(settings.S3_ACCESS_KEY_ID) != bool(settings.S3_SECRET_ACCESS_KEY):
        hint = "Set both S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or neither to use the machine's own role."
        found.append(Error("Only one half of the S3 key is set.", hint=hint, id="media.E003"))
    if settings.MEDIA_UPLOAD_SINGLE_MAX > S3_LARGEST_PUT:
        hint = "Set MEDIA_UPLOAD_SINGLE_MAX to 5 GiB or less; larger files travel in parts."
        found.append(Error("S3 takes at most 5 GiB in one request.", hint=hint, id="media.E004"))
    if max(settings.MEDIA_UPLOAD_URL_EXPIRES, settings.MEDIA_DOWNLOAD_URL_EXPIRES) > S3_LONGEST_SIGNATURE:
        hint = "Set MEDIA_UPLOAD_URL_EXPIRES and MEDIA_DOWNLOAD_URL_EXPIRES to 604800 or less."
        found.append(Error("S3 refuses addresses that live longer than 7 days.", hint=hint, id="media.E005"))
    return found


@register()
def check_lifetimes(**_kwargs: Any) -> list[CheckMessage]:
    if settings.MEDIA_UPLOAD_SESSION_HOURS * 3600 >= settings.MEDIA_UPLOAD_URL_EXPIRES:
        return []
    hint = "Raise MEDIA_UPLOAD_SESSION_HOURS or lower MEDIA_UPLOAD_URL_EXPIRES."
    return [Warning("Upload addresses outlive the upload they belong to.", hint=hint, id="media.W001")]
