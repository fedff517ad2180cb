"""From `OIDC_PROVIDERS` to what allauth reads. Standard library only: the settings import this module."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
REQUIRED = ("id", "name", "client_id", "secret", "server_url")


def openid_connect(providers: list[Json]) -> Json:
    """SOCIALACCOUNT_PROVIDERS for a list of providers. Raises ValueError for one that misses a name."""
    return {"openid_connect": {"APPS": [_app(one) for one in providers], "OAUTH_PKCE_ENABLED": True}}


def origins(providers: list[Json]) -> list[str]:
    """Where signing in leads to: browsers ask before a form may end there."""
    urls = [urlsplit(one["server_url"]) for one in providers]
    return sorted({f"{url.scheme}://{url.netloc}" for url in urls})


def _app(provider: Json) -> Json:
    missing = [name for name in REQUIRED if not provider.get(name)]
    if missing:
        raise ValueError(f"OIDC_PROVIDERS: a provider needs {', '.join(REQUIRED)}; this one misses {missing[0]}.")
    trusted = bool(provider.get("trust_email", False))
    return {
        "provider_id": provider["id"],
        "name": provider["name"],
        "client_id": provider["client_id"],
        "secret": provider["secret"],
        "settings": {"server_url": provider["server_url"], "email_authentication": trusted, "trust_email": trusted},
    }
