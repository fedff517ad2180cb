"""A wrong setting is told at start, with what to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from pytest_django import Settings

from organizations.checks import permission_table
from organizations.roles import PERMISSIONS, SCOPE_ACTIONS, Action, Role

WRONG: list[tuple[str, str, Any]] = [
    ("accounts.E001", "SECRET_KEY", "short"),
    ("accounts.E002", "HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN", 60),
    ("accounts.E003", "ACCOUNT_EMAIL_VERIFICATION", "sometimes"),
    ("organizations.E001", "CACHES", {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}),
    ("organizations.E002", "CHANNEL_LAYERS", {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}),
    ("organizations.E003", "REST_FRAMEWORK", {"DEFAULT_PERMISSION_CLASSES": []}),
]


def found() -> dict[str, str]:
    """Our own messages: id -> hint."""
    ours = ("accounts.", "organizations.")
    return {str(m.id): m.hint or "" for m in run_checks(tags=[Tags.security]) if str(m.id).startswith(ours)}


def test_the_settings_of_the_tests_are_fine() -> None:
    assert found() == {}


@pytest.mark.parametrize(("check", "name", "value"), WRONG)
def test_each_wrong_setting_is_named(settings: Settings, check: str, name: str, value: Any) -> None:
    setattr(settings, name, value)
    assert found()[check]


def test_mail_that_reaches_nobody_is_a_warning(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert found()["accounts.W001"]


def test_gaps_in_the_permission_table_are_errors() -> None:
    orphaned = {role: actions - {Action.BILLING_MANAGE} for role, actions in PERMISSIONS.items()}
    assert "billing:manage" in permission_table(orphaned, SCOPE_ACTIONS)[0].msg
    assert permission_table({Role.OWNER: PERMISSIONS[Role.OWNER]}, SCOPE_ACTIONS)
    assert permission_table(PERMISSIONS, {})
    assert permission_table(PERMISSIONS, SCOPE_ACTIONS) == []
