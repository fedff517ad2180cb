"""Requests to addresses that a tenant gives: the one door from our network to places that strangers name.

SECURITY: a name is resolved where the connection is opened, every address it has is judged, and the connection goes to
a judged one: no second look-up can give another answer. Host header, SNI and certificate stay those of the name.
No proxy, cookie or netrc of our environment is used, and a redirect is followed only where asked, each hop judged anew.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any, Self

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from config.common import addresses

LONGEST_URL = 2000
MOST_ADDRESSES = 4
PIECE = 64 << 10
LOOK_UP_SECONDS = 5.0
LAST_PORT = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
USER_AGENT = "Tadwin/1"

Resolver = Callable[[str, int], list[str]]


class OutboundError(Exception):
    """`code` is stable, the message is for the person who gave the address."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Refused(OutboundError):
    """We do not send there. Codes: malformed_url scheme credentials port address redirect."""


class Failed(OutboundError):
    """It was tried. Codes: unknown_host connect tls timeout protocol too_large."""


def system_resolver(host: str, port: int) -> list[str]:
    """Every address of `host`, as the operating system orders them. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `total` bounds the whole exchange, a server that drips single bytes included."""

    connect: float = 5.0
    read: float = 10.0
    total: float = 10.0
    size: int = PIECE


@dataclass(frozen=True, slots=True)
class Policy:
    """Where we may send. `allowed` networks are open although they are not public, on every port."""

    allowed: tuple[addresses.Network, ...] = ()
    ports: frozenset[int] = frozenset()
    http: bool = False
    resolve: Resolver = system_resolver
    tls: ssl.SSLContext | None = None

    @classmethod
    def from_settings(cls) -> Self:
        return cls(
            addresses.networks(settings.OUTBOUND_ALLOWED_NETWORKS),
            frozenset(int(port) for port in settings.OUTBOUND_PORTS),
            settings.OUTBOUND_HTTP,
        )

    def judged(self, host: str, port: int, seconds: float) -> list[str]:
        """The addresses of `host`, all of them fit to be connected to. Raises Refused or Failed."""
        try:
            found = [addresses.parse(text) for text in _within(seconds, lambda: self.resolve(host, port))]
        except (OSError, ValueError) as error:
            raise Failed("unknown_host", _("The host name of this address does not exist.")) from error
        for address in found:
            if addresses.is_in(address, self.allowed):
                continue
            if not addresses.is_public(address):
                raise Refused("address", _("This address leads into a private network. Give a public one."))
            if self.ports and port not in self.ports:
                raise Refused("port", _("This port is not allowed. Use the usual one of http or https."))
        if not found:
            raise Failed("unknown_host", _("The host name of this address does not exist."))
        return [str(address) for address in found[:MOST_ADDRESSES]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` holds at most `Limits.size` bytes; `truncated` when there was more."""

    status: int
    headers: httpx.Headers
    body: bytes
    truncated: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Download:
    """An answer whose body is still on its way. `url` is where the redirects ended."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    chunks: Iterator[bytes] = field(repr=False)


def parse(url: str, policy: Policy | None = None) -> httpx.URL:
    """The address taken apart and judged as far as it goes without a look-up. Raises Refused."""
    policy = policy or Policy.from_settings()
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise _malformed() from error
    if len(url) > LONGEST_URL or not parsed.host or not 0 < (parsed.port or LAST_PORT) <= LAST_PORT:
        raise _malformed()
    if parsed.scheme not in (("http", "https") if policy.http else ("https",)):
        raise Refused("scheme", _("Give an address that begins with https://."))
    if parsed.userinfo:
        raise Refused("credentials", _("Leave user name and password out of the address."))
    return parsed


def check(url: str, policy: Policy | None = None, *, seconds: float = LOOK_UP_SECONDS) -> None:
    """Judge an address when it is saved, look-up included. It is judged again when it is used. Raises OutboundError."""
    policy = policy or Policy.from_settings()
    parsed = parse(url, policy)
    policy.judged(parsed.host, parsed.port or DEFAULT_PORTS[parsed.scheme], seconds)


def request(
    method: str,
    url: str,
    *,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    policy: Policy | None = None,
) -> Answer:
    """One exchange, no redirect followed; a longer answer is cut off. Raises OutboundError."""
    limits, policy, begun = limits or Limits(), policy or Policy.from_settings(), time.monotonic()
    with _exchange(method, parse(url, policy), content, headers or {}, limits, policy=policy) as response:
        body = bytearray()
        with _explained():
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > limits.size:
                    break
        kept = bytes(body[: limits.size])
        seconds = time.monotonic() - begun
        return Answer(response.status, httpx.Headers(response.headers), kept, len(body) > limits.size, seconds)


@contextmanager
def download(
    url: str, *, limits: Limits, follow: int = 0, headers: Mapping[str, str] | None = None, policy: Policy | None = None
) -> Iterator[Download]:
    """GET as a stream. At most `follow` redirects; more bytes than `limits.size` raise Failed("too_large").

    Iterating `chunks` inside the block raises OutboundError too.
    """
    policy = policy or Policy.from_settings()
    parsed, left, ends_at = parse(url, policy), follow, time.monotonic() + limits.total
    while True:
        hop = Limits(limits.connect, limits.read, max(0.0, ends_at - time.monotonic()), limits.size)
        with _exchange("GET", parsed, b"", headers or {}, hop, policy=policy) as response:
            found = httpx.Headers(response.headers)
            if response.status not in REDIRECTS or "location" not in found:
                yield Download(parsed, response.status, found, _bounded(response, found, limits.size))
                return
        if left == 0:
            raise Refused("redirect", _("This address leads from one place to the next too often."))
        parsed, left = _next(parsed, found["location"], policy), left - 1


def _next(here: httpx.URL, location: str, policy: Policy) -> httpx.URL:
    try:
        target = here.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise _malformed() from error
    if here.scheme == "https" and target.scheme == "http":
        raise Refused("scheme", _("This address leads from https to http, where anybody could change the file."))
    return parse(str(target), policy)


def _bounded(response: httpcore.Response, headers: httpx.Headers, size: int) -> Iterator[bytes]:
    too_large = Failed("too_large", _("What lies at this address is larger than allowed."))
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > size:
        raise too_large
    arrived = 0
    with _explained():
        for chunk in response.iter_stream():
            arrived += len(chunk)
            if arrived > size:
                raise too_large
            yield chunk


@contextmanager
def _exchange(
    method: str, url: httpx.URL, content: bytes, headers: Mapping[str, str], limits: Limits, *, policy: Policy
) -> Iterator[httpcore.Response]:
    """A connection of its own for one request: nothing is kept for another tenant's."""
    ours = {"Host": url.netloc.decode("ascii"), "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    named: list[tuple[bytes | str, bytes | str]] = [*ours.items(), *headers.items()]
    address = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    seconds = {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": limits.connect}
    backend = _GuardedBackend(policy, _Deadline(time.monotonic() + limits.total))
    with ExitStack() as stack:
        pool = stack.enter_context(httpcore.ConnectionPool(ssl_context=policy.tls or _tls(), network_backend=backend))
        extensions = {"timeout": seconds}
        # What the caller does inside the block is not explained here: its errors are its own.
        with _explained():
            response = stack.enter_context(
                pool.stream(method, address, headers=named, content=content or None, extensions=extensions)
            )
        yield response


@cache
def _tls() -> ssl.SSLContext:
    """Certificates are checked, by SSL_CERT_FILE where it is set. Loading them takes a while, so it is done once."""
    return httpx.create_ssl_context()


@contextmanager
def _explained() -> Iterator[None]:
    """What goes wrong on the wire, in words that tell nothing about our network."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise Failed("timeout", _("The server did not answer in time.")) from error
    except httpcore.ConnectError as error:
        raise Failed("connect", _("The server cannot be reached.")) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise Failed("protocol", _("The server broke the connection off, or does not speak HTTP.")) from error


def _malformed() -> Refused:
    return Refused("malformed_url", _("This is not a web address. It looks like https://example.com/path."))


@dataclass(frozen=True, slots=True)
class _Deadline:
    at: float

    def cap(self, timeout: float | None) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The exchange took too long.")
        return left if timeout is None else min(timeout, left)


class _GuardedBackend(httpcore.NetworkBackend):
    """Opens connections to judged addresses only, and to the very address that was judged."""

    def __init__(self, policy: Policy, deadline: _Deadline) -> None:
        self.policy, self.deadline, self.plain = policy, deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        problem: Exception = httpcore.ConnectError("No address.")
        for address in self.policy.judged(host, port, self.deadline.cap(timeout)):
            try:
                stream = self.plain.connect_tcp(address, port, self.deadline.cap(timeout), None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error  # a host of both families may answer on one of them only
            else:
                return _BoundedStream(stream, self.deadline)
        raise problem

    def connect_unix_socket(self, path: str, *_args: Any, **_kwargs: Any) -> httpcore.NetworkStream:
        raise Refused("address", _("This address leads into a private network. Give a public one."))


class _BoundedStream(httpcore.NetworkStream):
    """A connection on which no single wait outlives the deadline of the whole exchange."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.deadline.cap(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.deadline.cap(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            secured = self.stream.start_tls(ssl_context, server_hostname, self.deadline.cap(timeout))
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise Failed("tls", _("The server's certificate is not valid for this address.")) from error
            raise
        return _BoundedStream(secured, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _within(seconds: float, look_up: Callable[[], list[str]]) -> list[str]:
    """The look-up's result, or Failed("timeout"): the system's resolver itself knows no limit."""
    results: queue.Queue[list[str] | Exception] = queue.Queue()

    def work() -> None:
        try:
            results.put(look_up())
        except Exception as error:
            results.put(error)

    threading.Thread(target=work, name="resolve", daemon=True).start()
    try:
        found = results.get(timeout=seconds)
    except queue.Empty:
        raise Failed("timeout", _("The server did not answer in time.")) from None
    if isinstance(found, Exception):
        raise found
    return found


def is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
