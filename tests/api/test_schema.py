"""The OpenAPI document is true: whatever a program sends, the answer is one that the document names.

schemathesis makes requests out of the document, good ones and bad ones, and sends them to the application in this
process. Objects in addresses are real ones of the caller, so that answers are not all 404.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from unittest import SkipTest

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from pytest_django import Settings
from schemathesis import CheckContext, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from config.wsgi import application
from media.storage import MediaStorage
from organizations.models import Organization
from tests.access_table import OBJECTS, World
from tests.api_client import ApiClient
from tests.test_access_matrix import undone

Case = schemathesis.Case[Any]
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def nothing_broke(context: CheckContext, response: Response, case: Case) -> bool | None:
    """504 is the promised answer of the OpenAI-compatible routes while nobody works on jobs."""
    return None if response.status_code == HTTPStatus.GATEWAY_TIMEOUT else not_a_server_error(context, response, case)


# Requests an operation: enough for every change; SCHEMA_EXAMPLES=100 digs deeper.
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "8"))
CHECKS = [nothing_broke, status_code_conformance, content_type_conformance, response_schema_conformance]
# Nothing to find, and the answers would be those of a guest from then on.
LEFT_OUT = ["auth_logout"]


@pytest.fixture
def one_connection(headers: dict[str, str]) -> Iterator[None]:
    """Requests of this process use the test's own connection, which Django would close after each.

    After `headers`: Django's test client, which signs in there, turns that closing on again.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def document(db: None, one_connection: None) -> Any:
    schema = schemathesis.openapi.from_wsgi("/api/schema?format=json", application)
    return schema.exclude(operation_id=LEFT_OUT)


@pytest.fixture
def headers(alice: User, organization: Organization, media_storage: MediaStorage, settings: Settings) -> dict[str, str]:
    """Of the owner, whom no limit slows down. Nobody works on jobs here, so nothing is waited for."""
    settings.RATE_LIMIT_PER_MINUTE, settings.RATE_LIMIT_PER_HOUR = 0, 0
    settings.MAX_WAIT_SECONDS, settings.OPENAI_MAX_WAIT_SECONDS = 0, 0
    return ApiClient.of_user(alice, organization.slug).headers


def test_every_answer_is_in_the_document(
    document: Any, headers: dict[str, str], organization: Organization, alice: User
) -> None:
    def send(case: Case) -> None:
        with undone():
            world = World(organization, alice)
            known = {name: str(OBJECTS[name](world)) for name in case.path_parameters or {} if name in OBJECTS}
            case.path_parameters = {**(case.path_parameters or {}), **known}
            case.call_and_validate(headers=headers, checks=CHECKS)

    operations = [result.ok() for result in document.get_all_operations()]
    wrong = {operation.label: problem for operation in operations if (problem := _tried(operation, send))}

    assert len(operations) > 40
    assert not wrong, "\n\n".join(f"{label}\n{problem}" for label, problem in wrong.items())


def _tried(operation: Any, send: Callable[[Case], None]) -> str:
    """What was wrong with the answers of one operation; empty for nothing."""
    strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if operation.body or operation.query:
        strategy |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    rules = hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        given: Any = hypothesis.given(strategy)
        rules(given(send))()
    except (Unsatisfiable, SkipTest):
        return ""
    except (Exception, FailureGroup) as error:
        return str(error)[:2000]
    return ""
