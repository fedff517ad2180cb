"""How the OpenAPI document describes the three ways to say who is calling."""

from __future__ import annotations

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

AUTHENTICATION = "organizations.api.authentication"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself
    target_class = f"{AUTHENTICATION}.ApiKeyAuthentication"
    name = ["apiKey", "apiKeyHeader"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer tdw_...`."},
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        ]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        """Either is enough; the default would ask for both."""
        return [{name: []} for name in self.name]


class JwtScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself
    target_class = f"{AUTHENTICATION}.JwtAuthentication"
    name = "jwt"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of /auth/login. Who belongs to several organizations names one in the "
            "header X-Organization.",
        }


class CookieScheme(SessionScheme):  # type: ignore[no-untyped-call] # registers itself
    target_class = f"{AUTHENTICATION}.SessionAuthentication"
