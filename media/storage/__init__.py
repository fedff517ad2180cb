"""Where recordings lie. Django's `STORAGES["default"]` names the place: local disk or an S3 service."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, default_storage

from media.storage.base import (
    Check,
    InvalidKeyError,
    MediaStorage,
    ObjectMissingError,
    Part,
    PartPlan,
    SignedPart,
    SignedRequest,
    StorageError,
    StorageUnavailableError,
    StoredObject,
    Upload,
    UploadIncompleteError,
    UploadMissingError,
    check_key,
    disposition,
)

__all__ = [
    "Check",
    "InvalidKeyError",
    "MediaStorage",
    "ObjectMissingError",
    "Part",
    "PartPlan",
    "SignedPart",
    "SignedRequest",
    "StorageError",
    "StorageUnavailableError",
    "StoredObject",
    "Upload",
    "UploadIncompleteError",
    "UploadMissingError",
    "check_key",
    "disposition",
    "get_media_storage",
]


def get_media_storage(*, base_url: str = "") -> MediaStorage:
    """The store that the settings name.

    `base_url` replaces PUBLIC_URL in addresses of local disk: a page opened as `localhost` must not be told to upload
    to `127.0.0.1`, which its browser takes for a foreign site.
    """
    if isinstance(default_storage, FileSystemStorage):
        from media.storage.local import LocalStorage

        return LocalStorage.from_settings(base_url=base_url)
    from storages.backends.s3 import S3Storage

    if isinstance(default_storage, S3Storage):
        from media.storage.s3 import S3MediaStorage
        from media.storage.s3_client import S3Options

        return S3MediaStorage(S3Options.from_settings())
    raise ImproperlyConfigured('STORAGES["default"] must be FileSystemStorage or storages.backends.s3.S3Storage.')
