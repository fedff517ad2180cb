"""Models of the Hugging Face hub: where its cache keeps them on this machine, and how one is fetched."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from transcription.asr.types import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable

UNAUTHORIZED, FORBIDDEN = 401, 403
# What a disk says; every other error on the way is the network's.
OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}


def snapshots(cache: Path, repository: str) -> list[Path]:
    """Snapshots of a repository in a cache of the hub's layout, the current one first."""
    home = cache / f"models--{repository.replace('/', '--')}"
    current = home / "refs" / "main"
    names = [current.read_text(encoding="ascii").strip()] if current.is_file() else []
    folder = home / "snapshots"
    others = sorted(child.name for child in folder.iterdir()) if folder.is_dir() else []
    return [folder / name for name in dict.fromkeys([*names, *others])]


def default_cache() -> Path:
    """This user's cache."""
    try:
        from huggingface_hub.constants import HF_HUB_CACHE
    except ImportError:
        return Path.home() / ".cache" / "huggingface" / "hub"
    return Path(HF_HUB_CACHE)


def download(repository: str, folder: Path, *, files: Iterable[str], token: str = "", endpoint: str = "") -> None:
    """Fetch the files of a repository into `folder`; what is there already is not fetched again.

    `files`: patterns. `endpoint`: another hub than the public one. Raises EngineError `model_gated`,
    `model_missing`, `model_unreachable` or `model_folder_unwritable`.
    """
    import httpx2
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        snapshot_download(
            repository,
            local_dir=folder,
            allow_patterns=list(files),
            token=token or False,
            endpoint=endpoint or None,
        )
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise _refused(repository, error, with_token=bool(token)) from error
    except (httpx2.HTTPError, OSError) as error:
        if getattr(error, "errno", None) in OF_THE_DISK:
            raise unwritable(folder, error) from error
        raise EngineError("model_unreachable", _unreachable(repository), retryable=True) from error


def unwritable(folder: Path, error: Exception) -> EngineError:
    """For a disk that is full, or a folder that is not this user's to write."""
    reason = getattr(error, "strerror", None) or error
    message = f"Models cannot be written into {folder} ({reason}). Check its disk and its rights, or set MODEL_DIR."
    return EngineError("model_folder_unwritable", message)


def refusal(repository: str, token: str, *, endpoint: str = "") -> str | None:
    """Why the hub would not give out the repository, asked over the network; None where it would."""
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        HfApi(endpoint=endpoint or None).auth_check(repository, token=token or False)
    except HfHubHTTPError as error:
        return _refused(repository, error, with_token=bool(token)).message
    except (httpx2.HTTPError, OSError):
        return _unreachable(repository)
    return None


def _refused(repository: str, error: Exception, *, with_token: bool) -> EngineError:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is None:
        return EngineError("model_unreachable", _unreachable(repository), retryable=True)
    if status in (UNAUTHORIZED, FORBIDDEN):
        step = (
            "Accept its terms on its page with the account that the token belongs to"
            if with_token
            else "Accept its terms on its page, make a token there and set HF_TOKEN"
        )
        return EngineError("model_gated", f"The hub does not give out “{repository}”. {step}, then try again.")
    return EngineError("model_missing", f"The hub has no model “{repository}” (status {status}). Check its name.")


def _unreachable(repository: str) -> str:
    return f"The model “{repository}” could not be fetched. Check the network of this machine, then try again."
