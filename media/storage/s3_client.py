"""The connection to an S3 service: options, client, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from media.storage.base import (
    ObjectMissingError,
    StorageError,
    StorageUnavailableError,
    UploadIncompleteError,
    UploadMissingError,
)

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

AMAZON_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")
HOME_REGION = "us-east-1"
Checksums = Literal["when_supported", "when_required"]
_MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404", "NotFound"})
_BAD_PARTS = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge"})


@dataclass(frozen=True, slots=True)
class S3Options:
    """Empty strings mean: AWS itself, one endpoint for us and for browsers, the machine's own role, the usual style."""

    bucket: str
    endpoint_url: str = ""
    public_endpoint_url: str = ""
    region: str = ""
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)
    server_side_encryption: str = ""
    addressing_style: str = ""

    @classmethod
    def from_settings(cls) -> S3Options:
        return cls(
            bucket=settings.S3_BUCKET,
            endpoint_url=settings.S3_ENDPOINT_URL or "",
            public_endpoint_url=settings.S3_PUBLIC_ENDPOINT_URL or "",
            region=settings.S3_REGION or "",
            access_key_id=settings.S3_ACCESS_KEY_ID or "",
            secret_access_key=settings.S3_SECRET_ACCESS_KEY or "",
            server_side_encryption=settings.S3_SERVER_SIDE_ENCRYPTION or "",
            addressing_style=settings.S3_ADDRESSING_STYLE or "",
        )

    @property
    def is_amazon(self) -> bool:
        host = urlsplit(self.endpoint_url).hostname or ""
        return not self.endpoint_url or host.endswith(AMAZON_DOMAINS)

    @property
    def style(self) -> str:
        # Under "auto", addresses signed for AWS name the global host and are redirected, which breaks a browser's PUT.
        usual = "virtual" if self.is_amazon else "path"
        return usual if self.addressing_style in {"", "auto"} else self.addressing_style

    @property
    def encryption(self) -> dict[str, str]:
        return {"ServerSideEncryption": self.server_side_encryption} if self.server_side_encryption else {}


@lru_cache(maxsize=16)
def connect(options: S3Options, endpoint_url: str, process_id: int) -> S3Client:
    """One client a process: connections must not be shared across a fork, hence `process_id` among the arguments."""
    import boto3
    from botocore.config import Config

    # Other services reject or misread the checksums that the client adds by default since 2025.
    checksums: Checksums = "when_supported" if options.is_amazon else "when_required"
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": cast("Any", options.style)},
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
        connect_timeout=5,
        read_timeout=60,
        retries={"max_attempts": 4, "mode": "standard"},
    )
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url or None,
        region_name=options.region or (None if options.is_amazon else HOME_REGION),
        aws_access_key_id=options.access_key_id or None,
        aws_secret_access_key=options.secret_access_key or None,
        config=config,
    )


def error_code(error: Exception) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client's errors into ours, so that nobody else needs to know boto3."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _translate(error_code(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise StorageUnavailableError(f"The object store does not answer ({type(error).__name__}).") from error


def _translate(code: str) -> StorageError:
    if code in _MISSING:
        return ObjectMissingError()
    if code == "NoSuchUpload":
        return UploadMissingError()
    if code in _BAD_PARTS:
        return UploadIncompleteError(
            _("The object store refused the parts (%(code)s). Upload them again.") % {"code": code}
        )
    return StorageUnavailableError(f"The object store refused the request ({code}). Check its address and keys.")
