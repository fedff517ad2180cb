"""The door to addresses that tenants give: real sockets, a real certificate, resolvers that lie."""

from __future__ import annotations

import datetime
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from config.common import addresses, outbound
from config.common.outbound import Failed, Limits, OutboundError, Policy, Refused, Resolver
from tests.local_server import LocalServer, Reply, serving

LOOPBACK = addresses.networks(["127.0.0.0/8"])
OPEN = Policy(allowed=LOOPBACK, http=True)
QUICK = Limits(connect=0.5, read=0.5, total=0.5)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving() as running:
        yield running


def named(server: LocalServer, host: str) -> str:
    """The server's address with another name in it."""
    return server.url.replace("127.0.0.1", host)


# --- Addresses -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_what_is_not_the_public_internet(text: str) -> None:
    assert not addresses.is_public(addresses.parse(text))


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2606:4700:4700::1111"],
)
def test_what_is(text: str) -> None:
    assert addresses.is_public(addresses.parse(text))


def test_an_opened_network_is_open_in_ipv6_clothes_too() -> None:
    assert addresses.is_in(addresses.parse("::ffff:127.0.0.1"), LOOPBACK)
    assert not addresses.is_in(addresses.parse("::1"), LOOPBACK)


# --- What is refused unseen ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("file:///etc/passwd", "malformed_url"),
        ("gopher://example.com", "scheme"),
        ("https://user@example.com/", "credentials"),
        ("https://user:password@example.com/", "credentials"),
        ("https://", "malformed_url"),
        ("", "malformed_url"),
        ("no address", "malformed_url"),
        ("https://[::1", "malformed_url"),
        ("https://example.com:99999/", "malformed_url"),
        ("https://example.com/" + "a" * 2000, "malformed_url"),
    ],
)
def test_addresses_that_are_refused_without_a_look_up(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        outbound.check(url, Policy(resolve=_never))
    assert refused.value.code == code


def _never(_host: str, _port: int) -> list[str]:
    raise AssertionError("nothing may be looked up")


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "localhost", "127.0.0.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_every_way_to_write_loopback_is_refused(host: str) -> None:
    with pytest.raises(OutboundError) as refused:
        outbound.check(f"https://{host}/", Policy())
    assert refused.value.code in {"address", "unknown_host"}


def test_odd_ports_are_for_opened_networks_only() -> None:
    public = Policy(ports=frozenset({443}), resolve=lambda _host, _port: ["1.1.1.1"])
    outbound.check("https://example.com/", public)
    with pytest.raises(Refused, match="port"):
        outbound.check("https://example.com:25/", public)
    opened = Policy(allowed=LOOPBACK, ports=frozenset({443}), resolve=lambda _host, _port: ["127.0.0.1"])
    outbound.check("https://example.com:25/", opened)


def test_one_private_address_among_public_ones_is_enough() -> None:
    with pytest.raises(Refused):
        outbound.check("https://example.com/", Policy(resolve=lambda _host, _port: ["1.1.1.1", "10.0.0.1"]))


def test_a_name_that_does_not_exist() -> None:
    def nothing(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolvers: list[Resolver] = [nothing, lambda _host, _port: []]
    for resolve in resolvers:
        with pytest.raises(Failed) as failed:
            outbound.check("https://nowhere.example/", Policy(resolve=resolve))
        assert failed.value.code == "unknown_host"


def test_a_resolver_that_hangs_costs_no_more_than_the_limit() -> None:
    released = threading.Event()

    def hang(_host: str, _port: int) -> list[str]:
        released.wait(20)
        return ["1.1.1.1"]

    begun = time.monotonic()
    with pytest.raises(Failed) as failed:
        outbound.check("https://example.com/", Policy(resolve=hang), seconds=0.2)
    released.set()
    assert failed.value.code == "timeout"
    assert time.monotonic() - begun < 5


# --- The connection --------------------------------------------------------------------------------------------------
def test_the_judged_address_is_the_one_that_is_connected_to(server: LocalServer) -> None:
    """Rebinding: the second answer of the resolver would lead elsewhere, so there must be no second question."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    policy = Policy(allowed=LOOPBACK, http=True, resolve=resolve)
    answer = outbound.request("POST", named(server, "hooks.example"), content=b"hello", policy=policy)

    assert answer.status == 200
    assert asked == ["hooks.example"]
    assert server.asked[0].headers["host"].startswith("hooks.example:")
    assert server.asked[0].body == b"hello"


def test_an_answer_that_turns_private_is_refused_and_nothing_is_sent(server: LocalServer) -> None:
    answers = itertools.chain([["1.1.1.1"]], itertools.repeat(["127.0.0.1"]))
    policy = Policy(http=True, resolve=lambda _host, _port: next(answers))
    url = named(server, "hooks.example")
    outbound.check(url, policy)
    with pytest.raises(Refused) as refused:
        outbound.request("POST", url, content=b"hello", policy=policy)
    assert refused.value.code == "address"
    assert server.asked == []


def test_the_next_address_is_tried_where_one_does_not_answer(server: LocalServer) -> None:
    policy = Policy(allowed=LOOPBACK, http=True, resolve=lambda _host, _port: ["127.0.0.99", "127.0.0.1"])
    assert outbound.request("GET", named(server, "two.example"), policy=policy).status == 200


def test_the_environments_proxy_is_not_used(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert outbound.request("GET", server.url, policy=OPEN).status == 200


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Failed) as failed:
            outbound.request("GET", f"http://127.0.0.1:{unused.getsockname()[1]}/", policy=OPEN)
    assert failed.value.code == "connect"


def test_redirects_are_answers(server: LocalServer) -> None:
    server.answer = lambda _asked: Reply(302, headers={"Location": "http://127.0.0.1:1/"})
    assert outbound.request("POST", server.url, policy=OPEN).status == 302
    assert len(server.asked) == 1


def test_a_long_answer_is_cut(server: LocalServer) -> None:
    server.answer = lambda _asked: Reply(body=(b"x" * 1000 for _ in range(1_000_000)))
    answer = outbound.request("GET", server.url, limits=Limits(size=5000), policy=OPEN)
    assert (len(answer.body), answer.truncated) == (5000, True)


def test_a_server_that_says_nothing(server: LocalServer) -> None:
    def hang(_asked: object) -> Reply:
        server.wait()
        return Reply()

    server.answer = hang
    with pytest.raises(Failed) as failed:
        outbound.request("GET", server.url, limits=QUICK, policy=OPEN)
    assert failed.value.code == "timeout"


@pytest.mark.parametrize(
    "drip", [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000, b"HTTP/1.1 200 OK\r\n\r\n" + b"b" * 10_000]
)
def test_a_server_that_drips_single_bytes(drip: bytes) -> None:
    """Each byte comes in time, the whole never does: the limit of the whole exchange holds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()
        thread = threading.Thread(target=_drip, args=(listener, drip, stop), daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(Failed) as failed:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            outbound.request("GET", url, limits=Limits(read=0.4, total=0.6), policy=OPEN)
        stop.set()
        thread.join(5)
    assert failed.value.code == "timeout"
    assert time.monotonic() - begun < 5


def _drip(listener: socket.socket, data: bytes, stop: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        for byte in data:
            if stop.wait(0.05):
                return
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return


# --- Certificates ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of `hooks.example`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    moment = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment - datetime.timedelta(hours=1))
        .not_valid_after(moment + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "hooks.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_the_certificate_is_checked_against_the_name(certificate: Path) -> None:
    """SNI and the certificate are those of the name, although the connection goes to a number."""
    seen: list[str] = []
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(certificate)
    offered.sni_callback = lambda _socket, name, _context: seen.append(name)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(offered) as server:
        policy = Policy(allowed=LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"], tls=trusting)
        assert outbound.request("GET", named(server, "hooks.example"), policy=policy).status == 200
        with pytest.raises(Failed) as other_name:
            outbound.request("GET", named(server, "other.example"), policy=policy)
        with pytest.raises(Failed) as unknown_signer:
            strict = Policy(allowed=LOOPBACK, resolve=policy.resolve)
            outbound.request("GET", named(server, "hooks.example"), policy=strict)
    assert (other_name.value.code, unknown_signer.value.code) == ("tls", "tls")
    assert seen[:2] == ["hooks.example", "other.example"]


# --- Downloads -------------------------------------------------------------------------------------------------------
def fetch(url: str, policy: Policy = OPEN, *, follow: int = 3, size: int = 1 << 20) -> tuple[str, bytes]:
    with outbound.download(url, limits=Limits(size=size), follow=follow, policy=policy) as found:
        return str(found.url), b"".join(found.chunks)


def test_redirects_are_followed_and_each_hop_is_judged(server: LocalServer) -> None:
    places = {"/a": "/b", "/b": server.url + "/c", "/secret": "http://169.254.169.254/latest/meta-data/"}
    server.answer = lambda asked: (
        Reply(302, headers={"Location": places[asked.path]}) if asked.path in places else Reply(body=b"sound")
    )
    assert fetch(server.url + "/a") == (server.url + "/c", b"sound")
    with pytest.raises(Refused) as refused:
        fetch(server.url + "/secret")
    assert refused.value.code == "address"


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("ftp://127.0.0.1/", "scheme"),
        ("http://user:password@127.0.0.1/", "credentials"),
        ("http://[::1]/", "address"),
        ("http://127.0.0.1:99999/", "malformed_url"),
    ],
)
def test_redirects_to_what_would_be_refused(server: LocalServer, location: str, code: str) -> None:
    server.answer = lambda _asked: Reply(307, headers={"Location": location})
    with pytest.raises(Refused) as refused:
        fetch(server.url)
    assert refused.value.code == code


def test_redirects_have_an_end(server: LocalServer) -> None:
    server.answer = lambda _asked: Reply(301, headers={"Location": "/again"})
    with pytest.raises(Refused) as refused:
        fetch(server.url, follow=3)
    assert refused.value.code == "redirect"
    assert len(server.asked) == 4


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "5000"}])
def test_downloads_have_a_size(server: LocalServer, headers: dict[str, str]) -> None:
    server.answer = lambda _asked: Reply(body=(b"x" * 1000 for _ in range(5)), headers=headers)
    assert len(fetch(server.url, size=5000)[1]) == 5000
    with pytest.raises(Failed) as failed:
        fetch(server.url, size=4999)
    assert failed.value.code == "too_large"


def test_a_download_that_breaks_off(server: LocalServer) -> None:
    server.answer = lambda _asked: Reply(body=[b"x" * 1000], headers={"Content-Length": "5000"})
    with pytest.raises(Failed) as failed:
        fetch(server.url)
    assert failed.value.code == "protocol"


def test_an_error_of_the_caller_passes_unchanged(server: LocalServer) -> None:
    for error in (KeyError, OSError):
        with pytest.raises(error), outbound.download(server.url, limits=Limits(), policy=OPEN):
            raise error


# --- Settings --------------------------------------------------------------------------------------------------------
def test_the_settings_open_single_networks(settings: Settings, server: LocalServer) -> None:
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_ALLOWED_NETWORKS = []
    with pytest.raises(Refused):
        outbound.request("GET", server.url)
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    assert outbound.request("GET", server.url).status == 200
    settings.OUTBOUND_HTTP = False
    with pytest.raises(Refused):
        outbound.request("GET", server.url)
