"""What every page tells browsers: no inline script or style, and nothing of the browser that the pages don't use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.models import User
from media.storage import MediaStorage
from organizations.models import Organization
from tests.access_table import OBJECTS, World
from tests.routes import PART, filled, routes

pytestmark = pytest.mark.django_db
ADMIN = "admin/"
# Made of what only a mail or a provider knows; other tests open these.
BY_TOKEN = {"token", "name", "key", "uidb36", "provider_id", "pk"}
ClientFor = Callable[..., Client]


class Inline(HTMLParser):
    """Collects what a policy without unsafe-inline forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        runs = known.get("type") in (None, "module", "text/javascript")
        if tag == "style" or (tag == "script" and "src" not in known and runs):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"<{tag} {name}={value}>")


def inline(html: str) -> list[str]:
    parser = Inline()
    parser.feed(html)
    return parser.found


def addresses(world: World) -> Iterator[str]:
    """Every address that can be opened without a token."""
    for route, _name, _view in routes():
        parts = set(PART.findall(route))
        if not (parts & BY_TOKEN or route.startswith(("api/v1", "v1/", ADMIN)) or "(?P" in route or "^" in route):
            assert parts <= set(OBJECTS), f"{route}: add a factory to OBJECTS in tests/access_table.py"
            yield filled(route, world)


def pages(client: Client, world: World) -> Iterator[tuple[str, Any]]:
    """Every page of HTML that `client` gets to see, errors included."""
    for address in addresses(world):
        response = client.get(address)
        if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
            yield address, response


@pytest.mark.parametrize("signed_in", [True, False], ids=["owner", "guest"])
def test_every_page(
    signed_in: bool, organization: Organization, alice: User, client_for: ClientFor, media_storage: MediaStorage
) -> None:
    client = client_for(alice) if signed_in else Client()
    seen = 0
    for address, response in pages(client, World(organization, alice)):
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, address
        assert directives(policy)["default-src"] == "'self'"
        assert directives(policy)["frame-ancestors"] == directives(policy)["object-src"] == "'none'"
        assert inline(response.content.decode()) == [], address
        assert_headers(response, address)
        seen += response.status_code == 200
    assert seen >= (35 if signed_in else 7)


def assert_headers(response: Any, address: str) -> None:
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff", address
    assert headers["X-Frame-Options"] == "DENY", address
    assert headers["Referrer-Policy"] == "same-origin", address
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin", address
    assert "camera=()" in headers["Permissions-Policy"], address


def directives(policy: str) -> dict[str, str]:
    return dict(one.strip().partition(" ")[::2] for one in policy.split(";"))


@pytest.mark.parametrize("address", ["/api/docs", "/api/redoc"])
def test_the_reference_needs_no_inline_script_either(address: str) -> None:
    response = Client().get(address)
    assert response.status_code == 200
    assert [one for one in inline(response.content.decode()) if one.startswith(("<script", "<style>"))] == []


@pytest.mark.parametrize("address", ["", "organizations/organization/", "accounts/user/add/", "login/"])
def test_the_admin_has_a_policy_of_its_own(client_for: ClientFor, address: str) -> None:
    staff = User.objects.create_superuser("root@example.com", "x")
    response = (Client() if address == "login/" else client_for(staff)).get(f"/{ADMIN}{address}")
    assert response.status_code == 200
    policy = directives(response.headers["Content-Security-Policy"])
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert policy["frame-ancestors"] == "'none'"
    assert [one for one in inline(response.content.decode()) if one.startswith("<script")] == []
    assert_headers(response, address)


def test_errors_carry_the_headers_too() -> None:
    response = Client().get("/no-such-page")
    assert response.status_code == 404
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert_headers(response, "404")


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("<script src=a.js></script>", 0),
        ('<script type="application/json">{}</script>', 0),
        ("<script>alert(1)</script>", 1),
        ("<p style='color:red'>x</p>", 1),
        ("<style>p{}</style>", 1),
        ("<a href=' JavaScript:x()' onclick=y()>x</a>", 2),
    ],
)
def test_the_reader_of_pages_sees_inline_code(html: str, count: int) -> None:
    assert len(inline(html)) == count


class TestOrigins:
    """`API_ORIGIN_CHECK`"""

    def test_off_every_origin_may_ask(self) -> None:
        assert Client().get("/api/v1", headers={"Origin": "https://evil.example"}).status_code == 200

    @pytest.mark.parametrize(
        ("origin", "expected"),
        [(None, 200), ("https://tadwin.example", 200), ("https://app.example", 200), ("https://evil.example", 403)],
    )
    def test_on(self, origin: str | None, expected: int) -> None:
        listed = {"PUBLIC_URL": "https://tadwin.example", "CORS_ALLOWED_ORIGINS": ["https://app.example"]}
        with override_settings(API_ORIGIN_CHECK=True, CSRF_TRUSTED_ORIGINS=[], **listed):
            answer = Client().get("/api/v1", headers={"Origin": origin} if origin else {})
        assert answer.status_code == expected
        if expected == 403:
            assert answer.json()["error_type"] == "origin_not_allowed"
            assert "Access-Control-Allow-Origin" not in answer.headers

    def test_only_listed_origins_may_read_answers(self, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
        listed = Client().get("/api/v1", headers={"Origin": "https://app.example"})
        other = Client().get("/api/v1", headers={"Origin": "https://evil.example"})
        assert listed.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert re.search(r"ratelimit-remaining", listed.headers["Access-Control-Expose-Headers"], re.IGNORECASE)
        assert "Access-Control-Allow-Origin" not in other.headers


def test_cookies_are_out_of_reach_of_scripts(organization: Organization, alice: User) -> None:
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": alice.email, "password": "correct horse battery staple"})
    assert len(client.cookies) >= 2
    for name in ("tadwin_session", "tadwin_csrf"):
        assert client.cookies[name]["httponly"] and client.cookies[name]["samesite"] == "Lax", name
