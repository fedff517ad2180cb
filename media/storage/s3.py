"""Recordings in S3 and whatever speaks its language (MinIO, Ceph, Swift, R2...). Only this package knows boto3."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import httpx
from django.conf import settings

from media.storage.base import (
    BINARY,
    MIB,
    PIECE,
    Check,
    MediaStorage,
    ObjectMissingError,
    Part,
    PartPlan,
    Progress,
    SignedPart,
    SignedRequest,
    StorageError,
    StorageUnavailableError,
    StoredObject,
    UploadMissingError,
    check_key,
    disposition,
    download_type,
    folder_of,
    upload_type,
)
from media.storage.s3_client import HOME_REGION, S3Options, connect, error_code, translated
from media.storage.s3_reader import RemoteFile

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CORSRuleTypeDef

CORS_RULE = "tadwin-uploads"
_NO_CORS = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405"})


class S3MediaStorage(MediaStorage):
    def __init__(self, options: S3Options) -> None:
        self.options = options
        self.bucket = options.bucket

    @property
    def client(self) -> S3Client:
        return connect(self.options, self.options.endpoint_url, os.getpid())

    @property
    def public_client(self) -> S3Client:
        """Signs only: a signature holds for the host that the browser will call."""
        return connect(self.options, self.options.public_endpoint_url or self.options.endpoint_url, os.getpid())

    # Signing

    def sign_single(self, key: str, *, size: int, content_type: str, expires: int | None = None) -> SignedRequest:
        lifetime, expires_at = _expiry(expires, settings.MEDIA_UPLOAD_URL_EXPIRES)
        headers = {"Content-Type": upload_type(content_type)}
        if self.options.server_side_encryption:
            headers["x-amz-server-side-encryption"] = self.options.server_side_encryption
        params = {"ContentType": headers["Content-Type"], "ContentLength": size, **self.options.encryption}
        return SignedRequest(self._sign("put_object", key, lifetime, params), headers, expires_at)

    def sign_parts(
        self, key: str, upload_id: str, numbers: Iterable[int], *, size: int, part_size: int, expires: int | None = None
    ) -> list[SignedPart]:
        plan = PartPlan(size, part_size)
        lifetime, expires_at = _expiry(expires, settings.MEDIA_UPLOAD_URL_EXPIRES)

        def signed(number: int) -> str:
            params = {"UploadId": upload_id, "PartNumber": number, "ContentLength": plan.length(number)}
            return self._sign("upload_part", key, lifetime, params)

        return [SignedPart(number, signed(number), expires_at) for number in numbers]

    def signed_download(
        self, key: str, *, filename: str, content_type: str, expires: int | None = None, inline: bool = False
    ) -> str:
        lifetime, _ = _expiry(expires, settings.MEDIA_DOWNLOAD_URL_EXPIRES)
        kind = download_type(content_type)
        shown = disposition(filename, inline=inline and kind != BINARY)
        return self._sign(
            "get_object", key, lifetime, {"ResponseContentType": kind, "ResponseContentDisposition": shown}
        )

    def _sign(self, operation: str, key: str, lifetime: int, params: Mapping[str, Any]) -> str:
        with translated():
            return self.public_client.generate_presigned_url(
                operation, Params={"Bucket": self.bucket, "Key": check_key(key), **params}, ExpiresIn=lifetime
            )

    # Multipart

    def _open_multipart(self, key: str, content_type: str) -> str:
        with translated():
            answer = self.client.create_multipart_upload(
                Bucket=self.bucket, Key=key, ContentType=content_type, **cast(Any, self.options.encryption)
            )
        return answer["UploadId"]

    def list_parts(self, key: str, upload_id: str) -> list[Part]:
        pages = self.client.get_paginator("list_parts")
        with translated():
            return [
                Part(part["PartNumber"], part["Size"], part["ETag"].strip('"'))
                for page in pages.paginate(Bucket=self.bucket, Key=check_key(key), UploadId=upload_id)
                for part in page.get("Parts", [])
            ]

    def _join(self, key: str, upload_id: str, parts: list[Part]) -> None:
        named = [{"PartNumber": part.number, "ETag": f'"{part.etag}"'} for part in parts]
        with translated():
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": cast(Any, named)}
            )

    def abort(self, key: str, upload_id: str) -> None:
        with suppress(UploadMissingError), translated():
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=check_key(key), UploadId=upload_id)

    # Objects

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except ObjectMissingError:
            return False
        return True

    def size(self, key: str) -> int:
        with translated():
            return self.client.head_object(Bucket=self.bucket, Key=check_key(key))["ContentLength"]

    def open_read(self, key: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(RemoteFile(self.client, self.bucket, check_key(key)), PIECE))

    def download_to(self, key: str, path: Path, on_progress: Progress | None = None) -> int:
        total = self.size(key)
        with translated():
            self.client.download_file(
                self.bucket, key, str(path), Callback=_Counter(total, on_progress), Config=_transfer()
            )
        return total

    def save_stream(self, key: str, source: BinaryIO | Path, *, content_type: str = BINARY) -> int:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                return self.save_stream(key, stream, content_type=content_type)
        counter = _Counter(0, None)
        extra = {"ContentType": upload_type(content_type), **self.options.encryption}
        with translated():
            self.client.upload_fileobj(
                source, self.bucket, check_key(key), ExtraArgs=extra, Callback=counter, Config=_transfer()
            )
        return counter.done

    def list_prefix(self, prefix: str) -> Iterator[StoredObject]:
        pages = self.client.get_paginator("list_objects_v2")
        with translated():
            for page in pages.paginate(Bucket=self.bucket, Prefix=folder_of(prefix)):
                for entry in page.get("Contents", []):
                    yield StoredObject(entry["Key"], entry["Size"])

    def delete(self, key: str) -> None:
        with translated():
            self.client.delete_object(Bucket=self.bucket, Key=check_key(key))

    def delete_prefix(self, prefix: str) -> int:
        folder, count = folder_of(prefix), 0
        with translated():
            # Uploads first: one that completes between the two steps would otherwise leave an object behind.
            self._abort_uploads(folder)
            while keys := self._first_keys(folder):
                count += self._delete_keys(keys)
        return count

    def _first_keys(self, folder: str) -> list[str]:
        answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=folder, MaxKeys=1000)
        return [entry["Key"] for entry in answer.get("Contents", [])]

    def _delete_keys(self, keys: list[str]) -> int:
        answer = self.client.delete_objects(
            Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
        )
        if answer.get("Errors"):
            raise StorageUnavailableError("The object store refused to delete some files. Check the rights of its key.")
        return len(keys)

    def _abort_uploads(self, folder: str) -> None:
        pages = self.client.get_paginator("list_multipart_uploads")
        found = [
            (upload["Key"], upload["UploadId"])
            for page in pages.paginate(Bucket=self.bucket, Prefix=folder)
            for upload in page.get("Uploads", [])
        ]
        for key, upload_id in found:
            with suppress(UploadMissingError), translated():
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)

    # Setting up and looking after

    def ensure_bucket(self, cors_origins: Iterable[str]) -> bool:
        created = not self._bucket_exists()
        with translated():
            if created:
                self._create_bucket()
            self._allow_origins(sorted(set(cors_origins)))
        return created

    def _bucket_exists(self) -> bool:
        try:
            with translated():
                self.client.head_bucket(Bucket=self.bucket)
        except ObjectMissingError:
            return False
        return True

    def _create_bucket(self) -> None:
        from botocore.exceptions import ClientError

        region = self.client.meta.region_name
        place = {} if region == HOME_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            self.client.create_bucket(Bucket=self.bucket, **cast(Any, place))
        except ClientError as error:
            if error_code(error) != "BucketAlreadyOwnedByYou":  # Two processes start at once.
                raise

    def _allow_origins(self, origins: list[str]) -> None:
        """Set our rule beside the operator's own. Services without this call (MinIO) answer every origin themselves."""
        from botocore.exceptions import ClientError

        if not origins:
            return
        rules = [*self._foreign_rules(), _cors_rule(origins)]
        try:
            self.client.put_bucket_cors(Bucket=self.bucket, CORSConfiguration={"CORSRules": rules})
        except ClientError as error:
            if error_code(error) not in _NO_CORS:
                raise

    def _foreign_rules(self) -> list[CORSRuleTypeDef]:
        from botocore.exceptions import ClientError

        try:
            rules = self.client.get_bucket_cors(Bucket=self.bucket)["CORSRules"]
        except ClientError as error:
            if error_code(error) in _NO_CORS | {"NoSuchCORSConfiguration"}:
                return []
            raise
        return [cast("CORSRuleTypeDef", rule) for rule in rules if rule.get("ID") != CORS_RULE]

    def check_place(self) -> str:
        if not self._bucket_exists():
            raise StorageUnavailableError("The bucket does not exist.")
        return f"The bucket {self.bucket} answers."

    def check_surroundings(self) -> Iterator[Check]:
        yield self._check_origin(settings.PUBLIC_URL)
        yield self._check_versions()

    def _check_origin(self, origin: str) -> Check:
        hint = f"Let the bucket's CORS rules allow GET and PUT from {origin} and expose ETag."
        url = self.sign_single("selftest/preflight", size=1, content_type=BINARY).url
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        try:
            allowed = httpx.options(url, headers=asked, timeout=10).headers.get("Access-Control-Allow-Origin", "")
        except httpx.HTTPError:
            return Check("browser uploads", False, "The public endpoint does not answer.", hint)
        ok = allowed in {"*", origin}
        return Check("browser uploads", ok, f"Pages of {origin} may {'' if ok else 'not '}upload.", hint)

    def _check_versions(self) -> Check:
        hint = (
            "Switch versioning off, or add a lifecycle rule that removes old versions: else deleted recordings remain."
        )
        try:
            with translated():
                status = self.client.get_bucket_versioning(Bucket=self.bucket).get("Status", "")
        except StorageError:
            return Check("deletion is final", True, "This service does not tell whether it keeps old versions.")
        kept = status == "Enabled"
        detail = "The bucket keeps old versions of deleted files." if kept else "Deleted files leave the bucket."
        return Check("deletion is final", not kept, detail, hint)


class _Counter:
    """boto3 reports pieces, from several threads."""

    def __init__(self, total: int, on_progress: Progress | None) -> None:
        self.done, self._total, self._on_progress = 0, total, on_progress
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        with self._lock:
            self.done += count
            if self._on_progress:
                self._on_progress(self.done, self._total)


def _transfer() -> Any:
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(multipart_threshold=16 * MIB, multipart_chunksize=16 * MIB, max_concurrency=4)


def _expiry(expires: int | None, default: int) -> tuple[int, datetime]:
    lifetime = default if expires is None else expires
    return lifetime, datetime.now(UTC) + timedelta(seconds=lifetime)


def _cors_rule(origins: list[str]) -> CORSRuleTypeDef:
    return {
        "ID": CORS_RULE,
        "AllowedOrigins": origins,
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "Accept-Ranges", "Content-Range", "Content-Length"],
        "MaxAgeSeconds": 3600,
    }
