"""Recordings on local disk, behind the part protocol of S3: we sign the addresses and the web process serves them.

<root>/<key>                              a whole object; `.name.<random>` beside it is one on its way
<root>/.uploads/<key>/<upload id>/data    an upload: each part is copied to its offset when it has arrived whole,
                                  00001   and a marker "<size> <etag>" says so. Completing is one rename.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.http import UnreadablePostError
from django.urls import reverse
from django.utils.translation import gettext as _

from media.storage.base import (
    BINARY,
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
    new_name,
    upload_type,
)

UPLOADS = ".uploads"
DATA = "data"
SIGNER_SALT = "media.storage.local"
LOW_SPACE = 5 * 1024**3
GIB = 1024**3


class SignatureRefusedError(StorageError):
    pass


class LengthMismatchError(StorageError):
    """The body ended before, or went on after, the signed number of bytes."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a signed address allows: one method, one key, and these fields."""

    method: str
    key: str
    fields: Mapping[str, str]

    @property
    def size(self) -> int:
        return int(self.fields["size"])


def _canonical(method: str, key: str, fields: Mapping[str, str]) -> str:
    return f"{method} {quote(key)} {urlencode(sorted(fields.items()))}"


def sign(method: str, key: str, fields: Mapping[str, str]) -> str:
    return Signer(salt=SIGNER_SALT).signature(_canonical(method, key, fields))


def verify(method: str, key: str, query: Mapping[str, str], *, now: datetime) -> Grant:
    """The grant in a request's query. Raises SignatureRefusedError.

    SECURITY: the signature covers the method, the key and every field, so an address serves for nothing else.
    """
    fields = {name: value for name, value in query.items() if name != "signature"}
    signer = Signer(salt=SIGNER_SALT)
    try:
        signer.unsign(_canonical(method, key, fields) + signer.sep + query.get("signature", ""))
    except BadSignature as error:
        raise SignatureRefusedError(_("The signature of this address is wrong. Ask for a new address.")) from error
    if now.timestamp() > int(fields["expires"]):
        raise SignatureRefusedError(_("This address has expired. Ask for a new address."))
    return Grant(method, key, fields)


class LocalStorage(MediaStorage):
    def __init__(self, root: Path, base_url: str) -> None:
        self.root = root
        self.base_url = base_url.rstrip("/")

    @classmethod
    def from_settings(cls, *, base_url: str = "") -> LocalStorage:
        return cls(Path(default_storage.path("")), base_url or settings.PUBLIC_URL)

    # Signing

    def sign_single(self, key: str, *, size: int, content_type: str, expires: int | None = None) -> SignedRequest:
        expires_at = _expiry(expires, settings.MEDIA_UPLOAD_URL_EXPIRES)
        content_type = upload_type(content_type)
        url = self._url("PUT", key, expires_at, size=str(size), type=content_type)
        return SignedRequest(url, {"Content-Type": content_type}, expires_at)

    def sign_parts(
        self, key: str, upload_id: str, numbers: Iterable[int], *, size: int, part_size: int, expires: int | None = None
    ) -> list[SignedPart]:
        plan = PartPlan(size, part_size)
        expires_at = _expiry(expires, settings.MEDIA_UPLOAD_URL_EXPIRES)
        return [self._signed_part(key, upload_id, number, plan, expires_at) for number in numbers]

    def _signed_part(self, key: str, upload_id: str, number: int, plan: PartPlan, expires_at: datetime) -> SignedPart:
        fields = {"upload": check_key(upload_id), "part": str(number)}
        fields |= {"offset": str(plan.offset(number)), "size": str(plan.length(number))}
        return SignedPart(number, self._url("PUT", key, expires_at, **fields), expires_at)

    def signed_download(
        self, key: str, *, filename: str, content_type: str, expires: int | None = None, inline: bool = False
    ) -> str:
        kind = download_type(content_type)
        expires_at = _expiry(expires, settings.MEDIA_DOWNLOAD_URL_EXPIRES)
        shown = disposition(filename, inline=inline and kind != BINARY)
        return self._url("GET", key, expires_at, type=kind, disposition=shown)

    def _url(self, method: str, key: str, expires_at: datetime, **fields: str) -> str:
        fields["expires"] = str(int(expires_at.timestamp()))
        query = urlencode({**fields, "signature": sign(method, check_key(key), fields)})
        return f"{self.base_url}{reverse('media-local-object', kwargs={'key': key})}?{query}"

    # Receiving

    def receive_object(self, key: str, size: int, read: Callable[[int], bytes]) -> str:
        """Store exactly `size` bytes of `read` and return the etag. Raises LengthMismatchError."""
        with self._arriving(key) as temporary:
            return _receive(temporary, size, read)

    def receive_part(self, grant: Grant, read: Callable[[int], bytes]) -> str:
        """Store one signed part and return its etag. Raises LengthMismatchError or UploadMissingError."""
        folder = self._upload_folder(grant.key, grant.fields["upload"])
        number, size = int(grant.fields["part"]), grant.size
        temporary = folder / f".{number:05d}-{new_name()}"
        try:
            with _disk(), _upload_present():
                etag = _receive(temporary, size, read)
                _place_part(temporary, folder / f"{number:05d}", int(grant.fields["offset"]), f"{size} {etag}")
        finally:
            temporary.unlink(missing_ok=True)
        return etag

    # Multipart

    def _open_multipart(self, key: str, content_type: str) -> str:
        upload_id = new_name()
        folder = self._upload_path(key, upload_id)
        with _disk():
            folder.mkdir(parents=True)
            (folder / DATA).touch()
        return upload_id

    def list_parts(self, key: str, upload_id: str) -> list[Part]:
        with _upload_present():
            markers = sorted(path for path in self._upload_folder(key, upload_id).iterdir() if path.name.isdigit())
            return [_read_marker(path) for path in markers]

    def _join(self, key: str, upload_id: str, parts: list[Part]) -> None:
        folder, target = self._upload_folder(key, upload_id), self._path(key)
        with _upload_present(), _locked_data(folder) as data, _disk():
            # A part of an earlier, longer attempt may have left bytes behind the end.
            data.truncate(sum(part.size for part in parts))
            target.parent.mkdir(parents=True, exist_ok=True)
            _publish(folder / DATA, target)
            shutil.rmtree(folder, ignore_errors=True)

    def abort(self, key: str, upload_id: str) -> None:
        shutil.rmtree(self._upload_path(key, upload_id), ignore_errors=True)

    # Objects

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def size(self, key: str) -> int:
        with _present():
            return self._path(key).stat().st_size

    def etag(self, key: str) -> str:
        """Changes whenever the object is replaced; without quotes."""
        with _present():
            status = self._path(key).stat()
        return f"{status.st_mtime_ns:x}-{status.st_size:x}"

    def open_read(self, key: str) -> BinaryIO:
        with _present():
            return self._path(key).open("rb")

    def local_path(self, key: str) -> Path | None:
        self.size(key)
        return self._path(key)

    def download_to(self, key: str, path: Path, on_progress: Progress | None = None) -> int:
        done, total = 0, self.size(key)
        with self.open_read(key) as source, path.open("wb") as target:
            while piece := source.read(PIECE):
                done += target.write(piece)
                if on_progress:
                    on_progress(done, total)
        return done

    def save_stream(self, key: str, source: BinaryIO | Path, *, content_type: str = BINARY) -> int:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                return self.save_stream(key, stream, content_type=content_type)
        with self._arriving(key) as temporary, temporary.open("wb") as target:
            shutil.copyfileobj(source, target, PIECE)
            return target.tell()

    def list_prefix(self, prefix: str) -> Iterator[StoredObject]:
        for path in sorted(self._path(folder_of(prefix).rstrip("/")).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield StoredObject(path.relative_to(self.root).as_posix(), path.stat().st_size)

    def delete(self, key: str) -> None:
        with _disk():
            self._path(key).unlink(missing_ok=True)

    def delete_prefix(self, prefix: str) -> int:
        name, count = folder_of(prefix).rstrip("/"), 0
        while found := sum(1 for _ in self.list_prefix(name)):
            count += found
            with _disk():
                shutil.rmtree(self._path(name))
        for leftover in (self._path(name), self.root / UPLOADS / name):
            if leftover.is_dir():
                with _disk():
                    shutil.rmtree(leftover)
        return count

    def ensure_bucket(self, cors_origins: Iterable[str]) -> bool:
        created = not self.root.is_dir()
        with _disk():
            self.root.mkdir(parents=True, exist_ok=True)
        return created

    def check_place(self) -> str:
        if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            raise StorageUnavailableError("The media folder is absent, or this process may not write to it.")
        return "Recordings are kept on local disk."

    def check_surroundings(self) -> Iterator[Check]:
        free = shutil.disk_usage(self.root).free
        hint = "Free some disk space, or move the media folder to a larger disk."
        yield Check("free space", free > LOW_SPACE, f"{free / GIB:.1f} GiB are free.", hint)

    # Paths

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _upload_path(self, key: str, upload_id: str) -> Path:
        return self.root / UPLOADS / check_key(key) / check_key(upload_id)

    def _upload_folder(self, key: str, upload_id: str) -> Path:
        folder = self._upload_path(key, upload_id)
        if not (folder / DATA).is_file():
            raise UploadMissingError()
        return folder

    @contextmanager
    def _arriving(self, key: str) -> Iterator[Path]:
        """A file beside the object that takes its place when the block ends well, and else is gone."""
        target = self._path(key)
        temporary = target.with_name(f".{target.name}.{new_name()}")
        with _disk():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                yield temporary
                _publish(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)


def _expiry(expires: int | None, default: int) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=default if expires is None else expires)


def _receive(path: Path, size: int, read: Callable[[int], bytes]) -> str:
    """Write exactly `size` bytes of `read` to `path` and return their MD5, the etag that S3 gives a part."""
    digest, left = hashlib.md5(usedforsecurity=False), size
    with path.open("xb") as target:
        while left and (piece := read(min(left, PIECE))):
            target.write(piece)
            digest.update(piece)
            left -= len(piece)
    if left:
        raise LengthMismatchError(f"The body ended {left} bytes early. Send the part again.")
    return digest.hexdigest()


def _place_part(temporary: Path, marker: Path, offset: int, mark: str) -> None:
    with _locked_data(marker.parent) as data:
        # Killed while copying, the part counts as missing and is sent again.
        marker.unlink(missing_ok=True)
        data.seek(offset)
        with temporary.open("rb") as source:
            shutil.copyfileobj(source, data, PIECE)
        data.flush()
        temporary.write_text(mark)
        temporary.replace(marker)


def _read_marker(path: Path) -> Part:
    size, etag = path.read_text().split()
    return Part(int(path.name), int(size), etag)


@contextmanager
def _locked_data(folder: Path) -> Iterator[BinaryIO]:
    """The upload's data file, ours alone. Raises FileNotFoundError once the upload is completed or aborted.

    SECURITY: without the second look a part that waited for the lock would be written into the finished object.
    """
    with (folder / DATA).open("r+b") as data:
        fcntl.flock(data, fcntl.LOCK_EX)
        if (folder / DATA).stat().st_ino != os.fstat(data.fileno()).st_ino:
            raise FileNotFoundError(DATA)
        yield data


def _publish(source: Path, target: Path) -> None:
    """Rename so that after a power cut there is the whole object or none: rows may already name it."""
    _flush_to_disk(source)
    source.replace(target)
    _flush_to_disk(target.parent)


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _present() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ObjectMissingError() from error


@contextmanager
def _upload_present() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UploadMissingError() from error


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except UnreadablePostError:
        raise
    except OSError as error:
        raise StorageUnavailableError(f"The disk refused the file: {error.strerror}. Try again later.") from error
