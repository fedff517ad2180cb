"""AssemblyAI's HTTP interface: four requests, and its failures as our errors."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from transcription.asr.types import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BLOCK = 1 << 20
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
RECENT_ORDERS = 200
ABOUT_CREDIT = ("balance", "credit", "payment")
ABOUT_SOUND = ("audio", "transcod", "duration", "too short", "file type")
ABOUT_DOWNLOAD = "download"
SILENCE = "no spoken audio"
REASON_LENGTH = 300


class OrderFailed(Exception):
    """The order was taken and ended in an error there. `reason` is their sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:REASON_LENGTH]

    @property
    def is_silence(self) -> bool:
        """They tell no language where nobody speaks; for us that is an empty transcript."""
        return SILENCE in self.reason.lower()

    @property
    def error(self) -> EngineError:
        text = self.reason.lower()
        if ABOUT_DOWNLOAD not in text and any(word in text for word in ABOUT_SOUND):
            message = f"AssemblyAI could not use the sound of this recording: {self.reason} Choose another engine."
            return EngineError("audio_refused", message)
        message = f"AssemblyAI failed on its side ({self.reason or 'no reason given'}). Try again later."
        return EngineError("engine_failed", message, retryable=True)


class AssemblyAIClient:
    """Every method raises EngineError: `engine_unauthorized`, `engine_out_of_credit`, `engine_refused`,
    `audio_too_large` (final), and `engine_rate_limited`, `engine_unavailable`, `engine_timeout`, `engine_unreachable`.
    """

    def __init__(self, base_url: str, api_key: str) -> None:
        # SECURITY: a redirect would carry the key to wherever it points.
        self._http = httpx.Client(
            base_url=base_url, headers={"Authorization": api_key}, timeout=TIMEOUT, follow_redirects=False
        )

    def upload(self, path: Path, on_block: Callable[[], None]) -> str:
        """Send the file as a stream; returns the address by which only their servers reach it."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)}
        answer = self._ask("POST", "/v2/upload", content=_blocks(path, on_block), headers=headers)
        return self._text(answer, "upload_url")

    def order(self, request: dict[str, Any]) -> str:
        """Order a transcript, which costs money; returns its id."""
        return self._text(self._ask("POST", "/v2/transcript", json=request), "id")

    def order_of(self, audio_url: str) -> str | None:
        """The id of a recent order for this upload, if there is one."""
        answer = self._ask("GET", "/v2/transcript", params={"limit": RECENT_ORDERS})
        rows = answer.get("transcripts")
        found = [row for row in rows if row.get("audio_url") == audio_url] if isinstance(rows, list) else []
        return self._text(found[0], "id") if found else None

    def state(self, order: str) -> dict[str, Any]:
        """The order with its `status`, and with its words once that is `completed`."""
        return self._ask("GET", f"/v2/transcript/{order}")

    def _ask(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **what)
            if not response.is_success:
                raise _refusal(response)
            data = response.json()
        except httpx.TimeoutException:
            message = "AssemblyAI did not answer in time. Try again later."
            raise EngineError("engine_timeout", message, retryable=True) from None
        except httpx.TransportError as error:
            message = f"AssemblyAI could not be reached ({type(error).__name__}). Check the network of the worker."
            raise EngineError("engine_unreachable", message, retryable=True) from None
        except (ValueError, httpx.DecodingError):
            raise _unreadable() from None
        if not isinstance(data, dict):
            raise _unreadable()
        return data

    @staticmethod
    def _text(answer: dict[str, Any], name: str) -> str:
        value = answer.get(name)
        if not isinstance(value, str) or not value:
            raise _unreadable()
        return value


def _blocks(path: Path, on_block: Callable[[], None]) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            on_block()
            yield block


def _unreadable() -> EngineError:
    message = "AssemblyAI gave an answer that could not be read. Try again later."
    return EngineError("engine_unavailable", message, retryable=True)


def _refusal(response: httpx.Response) -> EngineError:
    status, reason = response.status_code, _reason(response)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        message = "AssemblyAI does not accept the key. Check ASSEMBLYAI_API_KEY on the workers."
        return EngineError("engine_unauthorized", message)
    if status == HTTPStatus.PAYMENT_REQUIRED or any(word in reason.lower() for word in ABOUT_CREDIT):
        message = "The AssemblyAI account has no credit left. Top it up, then try the job again."
        return EngineError("engine_out_of_credit", message)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        message = "AssemblyAI takes no more requests at the moment. Try again later."
        return EngineError("engine_rate_limited", message, retryable=True)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        message = "The recording is too large for AssemblyAI. Transcribe a part of it, or choose another engine."
        return EngineError("audio_too_large", message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        message = f"AssemblyAI is out of order (status {status}). Try again later."
        return EngineError("engine_unavailable", message, retryable=True)
    message = f"AssemblyAI refused the request ({status}): {reason or 'no reason given'}. Change the job's options."
    return EngineError("engine_refused", message)


def _reason(response: httpx.Response) -> str:
    try:
        data = response.json()
    except ValueError:
        return ""
    return str(data.get("error") or "")[:REASON_LENGTH].rstrip(".") if isinstance(data, dict) else ""
