"""Misconfiguration of tenancy, told when the process starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from config.common import addresses
from organizations.roles import PERMISSIONS, SCOPE_ACTIONS, SCOPES, Action, Role

# Caches and channel layers that live inside one process: what one writes, the next does not see.
PRIVATE_CACHES = ("LocMemCache", "DummyCache")
PRIVATE_LAYER = "channels.layers.InMemoryChannelLayer"
DOORS = "organizations.api.permissions.OrganizationPermission"


@register(Tags.security)
def check_tenancy(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    return [*_shared_cache(), *_channel_layer(), *_default_permission(), *permission_table(PERMISSIONS, SCOPE_ACTIONS)]


def _shared_cache() -> list[CheckMessage]:
    backend = settings.CACHES["default"]["BACKEND"]
    if backend.rsplit(".", 1)[-1] not in PRIVATE_CACHES:
        return []
    hint = "Set REDIS_URL: tickets and used refresh tokens must be seen by every process."
    return [Error(f"The cache {backend} is not shared between processes.", hint=hint, id="organizations.E001")]


def _channel_layer() -> list[CheckMessage]:
    backend = settings.CHANNEL_LAYERS.get("default", {}).get("BACKEND", "")
    if backend and backend != PRIVATE_LAYER:
        return []
    hint = "Set REDIS_URL: workers tell pages of progress through it."
    return [Error("Live events have no channel layer that processes share.", hint=hint, id="organizations.E002")]


def _default_permission() -> list[CheckMessage]:
    if settings.REST_FRAMEWORK.get("DEFAULT_PERMISSION_CLASSES") == [DOORS]:
        return []
    hint = f"Set REST_FRAMEWORK['DEFAULT_PERMISSION_CLASSES'] to ['{DOORS}']."
    message = "A view of the API that names no permission would be open."
    return [Error(message, hint=hint, id="organizations.E003")]


def permission_table(
    roles: Mapping[Role, frozenset[Action]], scopes: Mapping[str, frozenset[Action]]
) -> list[CheckMessage]:
    """Actions that nobody may do, and scopes that open nothing because they are missing from the table."""
    orphans = sorted(set(Action) - frozenset().union(*roles.values()))
    missing = sorted(SCOPES ^ set(scopes)) + sorted(role for role in Role if role not in roles)
    if not orphans and not missing:
        return []
    hint = "Complete PERMISSIONS and SCOPE_ACTIONS in organizations/roles.py."
    return [
        Error(f"The permission table has gaps: {', '.join(orphans + missing)}.", hint=hint, id="organizations.E004")
    ]


@register(Tags.security)
def check_outbound(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Networks that are none would fail every webhook, one by one, much later."""
    try:
        addresses.networks(settings.OUTBOUND_ALLOWED_NETWORKS)
    except ValueError as error:
        hint = "Write networks as in 10.20.0.0/16,fd00:1::/32."
        return [Error(f"OUTBOUND_ALLOWED_NETWORKS: {error}.", hint=hint, id="organizations.E010")]
    return []
