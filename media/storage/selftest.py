"""What `manage.py doctor` asks of the store: do everything that an upload and a download do, and name what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from media.storage.base import BINARY, Check, MediaStorage, StorageError, new_name

SAMPLE = bytes(range(256)) * 8
TIMEOUT_S = 15
_SIGNATURES = ("signature", "X-Amz-Signature")


class _FailureError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    action: Callable[[MediaStorage, str], str]
    hint: str
    needed_by_the_rest: bool = False


def _place(storage: MediaStorage, key: str) -> str:
    return storage.check_place()


def _round_trip(storage: MediaStorage, key: str) -> str:
    storage.save_bytes(key, SAMPLE)
    if storage.read_bytes(key) != SAMPLE:
        raise _FailureError("What was read is not what was written.")
    return "A file was written and read back."


def _parts(storage: MediaStorage, key: str) -> str:
    upload = storage.open_upload(key, size=1 << 40, content_type=BINARY)
    storage.list_parts(key, upload.upload_id)
    storage.abort(key, upload.upload_id)
    return "An upload in parts was opened and canceled."


def _signed_upload(storage: MediaStorage, key: str) -> str:
    signed = storage.sign_single(key, size=len(SAMPLE), content_type="audio/wav")
    answer = httpx.put(signed.url, content=SAMPLE, headers=dict(signed.headers), timeout=TIMEOUT_S)
    if not answer.is_success or storage.size(key) != len(SAMPLE):
        raise _FailureError(f"A signed upload was answered with {answer.status_code}.")
    return "A signed upload arrived."


def _signed_download(storage: MediaStorage, key: str) -> str:
    url = storage.signed_download(key, filename="selftest.wav", content_type="audio/wav")
    answer = httpx.get(url, headers={"Range": "bytes=100-199"}, timeout=TIMEOUT_S)
    if answer.status_code != httpx.codes.PARTIAL_CONTENT or answer.content != SAMPLE[100:200]:
        raise _FailureError(f"A signed download of 100 bytes was answered with {answer.status_code}.")
    return "A signed download gave the bytes asked for."


def _forgery(storage: MediaStorage, key: str) -> str:
    url = forged(storage.signed_download(key, filename="selftest.wav", content_type="audio/wav"))
    if httpx.get(url, timeout=TIMEOUT_S).is_success:
        raise _FailureError("A download with a wrong signature was answered: anybody can read every recording.")
    return "A wrong signature was refused."


_PUBLIC = "The address that browsers use must be reachable: check PUBLIC_URL, or S3_PUBLIC_ENDPOINT_URL and its proxy."
_STEPS = (
    _Step(
        "place",
        _place,
        "Check the storage settings (the first start creates what is absent) and the key's rights.",
        True,
    ),
    _Step("write and read", _round_trip, "Give the key or the process the right to read and write.", True),
    _Step("upload in parts", _parts, "Give the key the rights to open, list and abort multipart uploads."),
    _Step("signed upload", _signed_upload, _PUBLIC),
    _Step("signed download", _signed_download, _PUBLIC),
    _Step("wrong signature", _forgery, "Make the bucket private."),
)


def forged(url: str) -> str:
    """The same address with one changed digit in its signature."""
    parts = urlsplit(url)
    fields = dict(parse_qsl(parts.query))
    name = next(name for name in _SIGNATURES if name in fields)
    fields[name] = ("A" if fields[name][0] != "A" else "B") + fields[name][1:]
    return urlunsplit(parts._replace(query=urlencode(fields)))


def run(storage: MediaStorage) -> list[Check]:
    folder = f"selftest/{new_name()}"
    try:
        return list(_checks(storage, f"{folder}/sample"))
    finally:
        with suppress(StorageError):
            storage.delete_prefix(folder)


def _checks(storage: MediaStorage, key: str) -> Iterator[Check]:
    for step in _STEPS:
        check = _perform(step, storage, key)
        yield check
        if step.needed_by_the_rest and not check.ok:
            return
    yield from storage.check_surroundings()


def _perform(step: _Step, storage: MediaStorage, key: str) -> Check:
    try:
        return Check(step.name, True, step.action(storage, key))
    except (_FailureError, StorageError) as error:
        return Check(step.name, False, str(error), step.hint)
    except httpx.HTTPError as error:
        return Check(step.name, False, f"The public address does not answer ({type(error).__name__}).", step.hint)
