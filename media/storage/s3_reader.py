"""An S3 object as a file that can be read from any place."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, cast

from media.storage.base import StorageUnavailableError
from media.storage.s3_client import translated

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class RemoteFile(io.RawIOBase):
    """Reads by one ranged GET at a time, opened where the reader stands, and once more when the line breaks."""

    def __init__(self, client: S3Client, bucket: str, key: str) -> None:
        self._client, self._bucket, self._key = client, bucket, key
        with translated():
            head = client.head_object(Bucket=bucket, Key=key)
        self._size, self._etag = head["ContentLength"], head["ETag"]
        self._position = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if base + offset != self._position:
            self._drop()
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._size:
            return 0
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _read(self, count: int) -> bytes:
        wanted = min(count, self._size - self._position)
        try:
            return self._fetch(wanted)
        except StorageUnavailableError:
            self._drop()
            return self._fetch(wanted)

    def _fetch(self, wanted: int) -> bytes:
        with translated():
            data = self._stream().read(wanted)
        if not data:
            raise StorageUnavailableError("The object store closed the connection. Try again.")
        return cast(bytes, data)

    def _stream(self) -> Any:
        if self._body is None:
            # IfMatch: after a reconnect the bytes must come from the same object.
            self._body = self._client.get_object(
                Bucket=self._bucket, Key=self._key, Range=f"bytes={self._position}-", IfMatch=self._etag
            )["Body"]
        return self._body

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        if not self.closed:
            self._drop()
        super().close()
