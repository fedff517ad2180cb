"""What every store of recordings can do, whichever disk or service lies below.

Bytes travel between the browser and the store by signed requests: one PUT for a small file, numbered parts for a large
one. Sizes are bytes, lifetimes are seconds, part numbers start at 1.
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

from django.conf import settings
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

MIB = 1 << 20
PIECE = MIB
"""How much of a stream is held in memory at once."""
PART_SIZE = 16 * MIB
MIN_PART_SIZE = 5 * MIB
MAX_PARTS = 10_000
"""The two limits of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
MAX_KEY = 512
MAX_FILENAME = 180

Strategy = Literal["single", "multipart"]
Progress = Callable[[int, int], None]
"""Called with the bytes done so far and the bytes in all. It may raise to stop the transfer."""


class StorageError(Exception):
    """Something about the store; the message is plain English and names no path, bucket or secret."""


class InvalidKeyError(StorageError):
    pass


class ObjectMissingError(StorageError):
    def __init__(self) -> None:
        super().__init__(_("This file is not in storage."))


class UploadMissingError(StorageError):
    """The multipart upload was never opened, or is already completed or aborted."""

    def __init__(self) -> None:
        super().__init__(_("This upload does not exist, or is already completed or canceled."))


class UploadIncompleteError(StorageError):
    """Parts are missing, too small, changed since, or do not add up to the declared size."""


class StorageUnavailableError(StorageError):
    """The store does not answer, refuses our keys, or is full. Trying again later may help."""


@dataclass(frozen=True, slots=True)
class PartPlan:
    """How a file of `size` bytes is cut: every part has `part_size` bytes, the last one what is left."""

    size: int
    part_size: int

    def __post_init__(self) -> None:
        if self.size < 1 or self.part_size < MIN_PART_SIZE or self.count > MAX_PARTS:
            raise ValueError(f"A file of {self.size} bytes cannot be cut into parts of {self.part_size} bytes.")

    @classmethod
    def for_size(cls, size: int) -> PartPlan:
        smallest_mib = -(-size // (MAX_PARTS * MIB))
        return cls(size, max(PART_SIZE, smallest_mib * MIB))

    @property
    def count(self) -> int:
        return -(-self.size // self.part_size)

    def offset(self, number: int) -> int:
        if not 1 <= number <= self.count:
            raise ValueError(f"Part {number} does not exist: this upload has parts 1 to {self.count}.")
        return (number - 1) * self.part_size

    def length(self, number: int) -> int:
        return min(self.part_size, self.size - self.offset(number))


@dataclass(frozen=True, slots=True)
class Upload:
    """`upload_id` is empty and `parts` is 1 when the strategy is "single"."""

    strategy: Strategy
    upload_id: str
    part_size: int
    parts: int


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The client sends a PUT of exactly the signed length with exactly these headers."""

    url: str
    headers: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedPart:
    number: int
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has arrived. `etag` has no quotes."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the self-test. `hint` is the next step when `ok` is false."""

    name: str
    ok: bool
    detail: str
    hint: str = field(default="")


_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,90}")
_INLINE_TYPES = frozenset({"application/json", "application/ogg"})
BINARY = "application/octet-stream"


def check_key(key: str) -> str:
    """Return `key`, or raise InvalidKeyError.

    SECURITY: with no segment that starts with a dot there is no way up, and none into the store's own folders.
    """
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        raise InvalidKeyError(_("This is not the name of a stored object."))
    return key


def folder_of(prefix: str) -> str:
    """`org/1` and `org/1/` both give `org/1/`, so that `org/1x` never belongs to it."""
    return check_key(prefix.removesuffix("/")) + "/"


def upload_type(content_type: str) -> str:
    """The client's hint made fit for a header; what cannot be a type becomes `application/octet-stream`."""
    bare = content_type.split(";", 1)[0].strip().lower()
    return bare if _CONTENT_TYPE.fullmatch(bare) else BINARY


def download_type(content_type: str) -> str:
    """A type that no browser executes.

    SECURITY: HTML, SVG and XML served from our origin would run as us; they leave as opaque bytes.
    """
    bare = upload_type(content_type)
    if bare == "text/plain":
        return "text/plain; charset=utf-8"
    return bare if bare in _INLINE_TYPES or bare.startswith(("audio/", "video/")) else BINARY


def disposition(filename: str, *, inline: bool) -> str:
    """A Content-Disposition value in pure ASCII (RFC 6266; RFC 5987 for Arabic and other letters)."""
    printable = "".join(" " if letter in '/\\"' or not letter.isprintable() else letter for letter in filename)
    name = printable.strip(" .")
    stem, dot, extension = name.rpartition(".")
    if len(name) > MAX_FILENAME and dot and len(extension) < MAX_FILENAME // 2:
        name = f"{stem[: MAX_FILENAME - len(extension) - 1]}.{extension}"
    header = content_disposition_header(as_attachment=not inline, filename=name[:MAX_FILENAME] or "download")
    return str(header)


def choose_parts(stored: Iterable[Part], wanted: Mapping[int, str] | None, size: int) -> list[Part]:
    """The parts to join, in order.

    `wanted` maps part numbers to etags, an empty etag meaning "whatever is there"; None means all that is stored.
    Raises UploadIncompleteError when a part is missing or changed, or the sizes do not add up to `size`.
    """
    by_number = {part.number: part for part in stored}
    numbers = set(by_number if wanted is None else wanted)
    # SECURITY: counts what is named and never up to the highest number, which a client may set to anything.
    for expected in range(1, max(1, len(numbers)) + 1):
        if expected not in numbers or expected not in by_number:
            detail = _("Part %(number)d is missing. Upload it, then complete again.")
            raise UploadIncompleteError(detail % {"number": expected})
    for number, etag in (wanted or {}).items():
        if etag and etag.strip('"') != by_number[number].etag:
            detail = _("Part %(number)d is not the one you name. Upload it again, then complete again.")
            raise UploadIncompleteError(detail % {"number": number})
    arrived = sum(by_number[number].size for number in numbers)
    if arrived != size:
        detail = _("%(arrived)d bytes arrived of %(size)d. Upload the rest, then complete again.")
        raise UploadIncompleteError(detail % {"arrived": arrived, "size": size})
    return [by_number[number] for number in sorted(numbers)]


class MediaStorage(ABC):
    """The one door to stored objects. Keys never hold text that a user wrote."""

    def open_upload(self, key: str, *, size: int, content_type: str) -> Upload:
        check_key(key)
        if size < 1:
            raise ValueError("An upload has at least one byte.")
        if size <= settings.MEDIA_UPLOAD_SINGLE_MAX:
            return Upload("single", "", size, 1)
        plan = PartPlan.for_size(size)
        return Upload("multipart", self._open_multipart(key, upload_type(content_type)), plan.part_size, plan.count)

    @abstractmethod
    def sign_single(self, key: str, *, size: int, content_type: str, expires: int | None = None) -> SignedRequest:
        """A PUT of exactly `size` bytes to `key`. `expires` defaults to MEDIA_UPLOAD_URL_EXPIRES."""

    @abstractmethod
    def sign_parts(
        self, key: str, upload_id: str, numbers: Iterable[int], *, size: int, part_size: int, expires: int | None = None
    ) -> list[SignedPart]:
        """A PUT for each part, bound to its exact length. Raises ValueError for a number outside the plan."""

    @abstractmethod
    def list_parts(self, key: str, upload_id: str) -> list[Part]:
        """What has arrived, by number. Raises UploadMissingError."""

    def complete(self, key: str, upload_id: str, parts: Mapping[int, str] | None = None, *, size: int) -> int:
        """Make the object whole and return its size; with an empty `upload_id`, check that the single PUT arrived.

        Calling it again after it succeeded is harmless. Raises UploadIncompleteError or UploadMissingError.
        """
        if upload_id:
            self._complete_parts(key, upload_id, parts, size)
        arrived = self.size(key) if self.exists(key) else 0
        if arrived != size:
            detail = _("%(arrived)d bytes arrived of %(size)d. Upload the file again.")
            raise UploadIncompleteError(detail % {"arrived": arrived, "size": size})
        return arrived

    def _complete_parts(self, key: str, upload_id: str, parts: Mapping[int, str] | None, size: int) -> None:
        try:
            self._join(key, upload_id, choose_parts(self.list_parts(key, upload_id), parts, size))
        except UploadMissingError:
            # The first answer may have been lost on its way, or two tabs complete at once.
            if not self.exists(key) or self.size(key) != size:
                raise

    @abstractmethod
    def abort(self, key: str, upload_id: str) -> None:
        """Drop the parts. An unknown upload is no error."""

    @abstractmethod
    def exists(self, key: str) -> bool: ...

    @abstractmethod
    def size(self, key: str) -> int:
        """Raises ObjectMissingError."""

    @abstractmethod
    def open_read(self, key: str) -> BinaryIO:
        """A seekable stream that fetches as it is read; close it. Raises ObjectMissingError."""

    def read_bytes(self, key: str) -> bytes:
        """The whole object; for the small ones."""
        with self.open_read(key) as stream:
            return stream.read()

    @abstractmethod
    def download_to(self, key: str, path: Path, on_progress: Progress | None = None) -> int:
        """Write the object to `path` and return its size. Raises ObjectMissingError."""

    def local_path(self, key: str) -> Path | None:
        """The object as a file of this machine, to be read only; None where the store is elsewhere.

        Raises ObjectMissingError.
        """
        return None

    @abstractmethod
    def save_stream(self, key: str, source: BinaryIO | Path, *, content_type: str = BINARY) -> int:
        """Store a file or a stream, replacing what was there at once or not at all; return its size."""

    def save_bytes(self, key: str, data: bytes, *, content_type: str = BINARY) -> int:
        return self.save_stream(key, io.BytesIO(data), content_type=content_type)

    @abstractmethod
    def signed_download(
        self, key: str, *, filename: str, content_type: str, expires: int | None = None, inline: bool = False
    ) -> str:
        """A GET address that takes range requests. `expires` defaults to MEDIA_DOWNLOAD_URL_EXPIRES."""

    @abstractmethod
    def list_prefix(self, prefix: str) -> Iterator[StoredObject]:
        """Every object in the folder `prefix`, at any depth."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove one object. A missing one is no error."""

    @abstractmethod
    def delete_prefix(self, prefix: str) -> int:
        """Remove the folder `prefix` and every unfinished upload in it; return how many objects went."""

    @abstractmethod
    def ensure_bucket(self, cors_origins: Iterable[str]) -> bool:
        """Create what objects lie in and let pages of these origins upload; True when it was created now."""

    def sha256_of(self, key: str, on_progress: Progress | None = None) -> str:
        """Lower-case hexadecimal digest of the object, read as a stream. Raises ObjectMissingError."""
        digest, done, total = hashlib.sha256(), 0, self.size(key)
        with self.open_read(key) as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
                done += len(piece)
                if on_progress:
                    on_progress(done, total)
        return digest.hexdigest()

    def self_test(self) -> list[Check]:
        """Use the store as an upload and a download do, and say in words what does not work."""
        from media.storage.selftest import run

        return run(self)

    @abstractmethod
    def check_place(self) -> str:
        """A sentence about where objects lie, for the self-test. Raises StorageError."""

    @abstractmethod
    def check_surroundings(self) -> Iterator[Check]:
        """What only this kind of store can get wrong."""

    @abstractmethod
    def _open_multipart(self, key: str, content_type: str) -> str: ...

    @abstractmethod
    def _join(self, key: str, upload_id: str, parts: list[Part]) -> None: ...


def new_name() -> str:
    return secrets.token_hex(16)
