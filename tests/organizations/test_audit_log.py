"""Reading the audit log by API, as a file and in the browser."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from config.common.spreadsheet import defused
from organizations import audit
from organizations.audit_actions import ACTIONS, KINDS, NAMES
from organizations.audit_watch import PERSONAL
from organizations.models import AuditEvent, Organization
from tests.architecture import code
from tests.factories import make_api_key, make_recording

pytestmark = pytest.mark.django_db
SLUG = "baghdad-radio"
PATH = f"/organizations/{SLUG}/audit-log"


@pytest.fixture
def log(organization: Organization, alice: User, bob: User) -> list[AuditEvent]:
    """Four events, after what the making of the cast has written."""
    recording = make_recording(organization, name="Interview")
    key, _ = make_api_key(organization, name="Importer")
    return [
        audit.record(organization=organization, action="media.uploaded", actor=bob, target=recording),
        audit.record(organization=organization, action="media.deleted", actor=alice, target=recording),
        audit.record(organization=organization, action="api_key.created", actor=alice, target=key),
        audit.record(organization=organization, action="member.removed", actor=key, target=bob),
    ]


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["data"]}


def test_an_event_whole(api: Callable[..., Any], alice: User, log: list[AuditEvent]) -> None:
    event = log[1]
    row = next(one for one in api(alice).get(PATH).json()["data"] if one["id"] == str(event.pk))
    assert row == {
        "id": str(event.pk),
        "at": row["at"],
        "action": "media.deleted",
        "actor": {"type": "user", "id": str(alice.pk), "name": "Alice Ahmad <alice@example.com>"},
        "target": {"type": "media", "id": event.target_id, "label": "Interview"},
        "data": {},
        "ip": None,
        "user_agent": "",
        "request_id": "",
    }
    assert datetime.fromisoformat(row["at"]).tzinfo


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=media.deleted", [1]),
        ("action=media", [0, 1]),
        ("action=med", []),
        ("target=api_key", [2]),
        ("target=intervi", [0, 1]),
        ("actor=importer", [3]),
        ("actor=bob%40", [0]),
        ("action=media&actor=alice", [1]),
        ("from=2999-01-01T00:00:00Z", []),
        ("action=media&to=2999-01-01T00:00:00Z", [0, 1]),
        ("action=media&from=2000-01-01T00:00:00Z", [0, 1]),
    ],
)
def test_filters(api: Callable[..., Any], alice: User, log: list[AuditEvent], query: str, expected: list[int]) -> None:
    assert ids(api(alice).get(f"{PATH}?{query}")) == {str(log[index].pk) for index in expected}


def test_filters_by_id(api: Callable[..., Any], alice: User, bob: User, log: list[AuditEvent]) -> None:
    client = api(alice)
    assert ids(client.get(f"{PATH}?actor={bob.pk}")) == {str(log[0].pk)}
    assert ids(client.get(f"{PATH}?target={log[0].target_id}")) == {str(log[0].pk), str(log[1].pk)}


@pytest.mark.parametrize("query", ["form=csv", "from=yesterday", "limit=0", "format=xml", "cursor=nonsense"])
def test_what_is_not_understood_is_422(
    api: Callable[..., Any], alice: User, organization: Organization, query: str
) -> None:
    assert api(alice).get(f"{PATH}?{query}").status_code == 422


def test_pages(api: Callable[..., Any], alice: User, log: list[AuditEvent]) -> None:
    client, path, seen = api(alice), f"{PATH}?limit=2&action=media", list[str]()
    while path:
        page = client.get(path).json()
        seen += [row["id"] for row in page["data"]]
        path = (page["next"] or "").partition("/api/v1")[2]
    assert seen == [str(log[1].pk), str(log[0].pk)]


def test_nobody_elses_log(
    api: Callable[..., Any], mallory: User, other_organization: Organization, log: list[AuditEvent]
) -> None:
    mine = ids(api(mallory).get(f"/organizations/{other_organization.slug}/audit-log?limit=1000"))
    assert mine and not mine & {str(event.pk) for event in log}


def table(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/csv")
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


@pytest.mark.parametrize("where", ["api", "page"])
def test_the_log_as_a_file(
    api: Callable[..., Any], client_for: Callable[..., Client], alice: User, log: list[AuditEvent], where: str
) -> None:
    if where == "api":
        rows = table(api(alice).get(f"{PATH}?format=csv&action=media"))
    else:
        rows = table(client_for(alice).get(f"/o/{SLUG}/settings/audit-log.csv?action=media"))
    assert [row["action"] for row in rows] == ["media.deleted", "media.uploaded"]
    assert rows[0]["target"] == "Interview"


def test_names_are_no_formulas_in_a_spreadsheet(
    api: Callable[..., Any], alice: User, organization: Organization
) -> None:
    evil = '=HYPERLINK("https://evil.example","x")'
    target = make_recording(organization, name=evil)
    audit.record(organization=organization, action="media.changed", target=target)
    (row,) = table(api(alice).get(f"{PATH}?format=csv&action=media.changed"))
    assert row["target"] == f"'{evil}"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\u200f=1", "＝1"])
def test_each_way_to_begin_a_formula(cell: str) -> None:
    assert str(defused(cell)).startswith("'")


@pytest.mark.parametrize("cell", ["x=1", "", None, 5, -3, 1.5, "متن"])
def test_what_is_no_formula_stays(cell: object) -> None:
    assert defused(cell) == cell


def test_the_page(client_for: Callable[..., Client], alice: User, log: list[AuditEvent]) -> None:
    html = client_for(alice).get(f"/o/{SLUG}/settings/audit-log?action=api_key").content.decode()
    assert "Made an API key" in html and "Importer" in html
    assert "Put a recording into the trash" not in html.partition('id="audit-log"')[2]
    part = client_for(alice).get(f"/o/{SLUG}/settings/audit-log", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "Put a recording into the trash" in part


def test_the_page_takes_a_day_as_whole(client_for: Callable[..., Client], alice: User, log: list[AuditEvent]) -> None:
    today = log[0].created_at.date().isoformat()
    client = client_for(alice)
    shown = client.get(f"/o/{SLUG}/settings/audit-log?since={today}&until={today}&action=media").content.decode()
    before = client.get(f"/o/{SLUG}/settings/audit-log?until=2001-01-01").content.decode()
    assert shown.count("<tr>") == 1 + 2
    assert "Nothing in the log fits" in before


@pytest.mark.parametrize("query", ["until=9999-12-31", "since=0001-01-01", "since=yesterday"])
def test_a_slip_in_the_address_still_shows_the_log(
    client_for: Callable[..., Client], alice: User, log: list[AuditEvent], query: str
) -> None:
    page = client_for(alice).get(f"/o/{SLUG}/settings/audit-log?{query}")
    assert page.status_code == 200 and "Made an API key" in page.content.decode()


def recorded() -> set[str]:
    """Every action that our code records by name."""
    found = set()
    for path in code.files():
        for node in ast.walk(code.tree(path)):
            if isinstance(node, ast.Call):
                found |= {value for value in _named(node) if "." in value}
    return found


def _named(call: ast.Call) -> set[str]:
    """`action="..."`, or the first argument of a module's own `_record("...")`."""
    values = [word.value for word in call.keywords if word.arg == "action"]
    values += call.args[:1] if ast.unparse(call.func) == "_record" else []
    return {value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}


def test_every_action_has_a_name() -> None:
    assert len(recorded()) > 20
    assert (recorded() | set(PERSONAL)) - set(NAMES) == set(), "name these in organizations/audit_actions.py"
    assert set(ACTIONS) <= set(KINDS)
    assert all(action.startswith(f"{kind}.") for kind, actions in ACTIONS.items() for action in actions)
