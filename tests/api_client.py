"""A program that talks to the API over HTTP."""

from __future__ import annotations

from typing import Any

import orjson
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD


class ApiClient:
    """Paths are below /api/v1: `api(alice).get("/jobs")`. `headers` go with every request."""

    def __init__(self, **headers: str) -> None:
        self.client = Client()
        self.headers = headers

    @classmethod
    def of_user(cls, user: User, organization: str = "") -> ApiClient:
        """Signs in by HTTP; `organization` is the slug that X-Organization names."""
        answer = cls().post("/auth/login", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.content
        named = {"X-Organization": organization} if organization else {}
        return cls(Authorization=f"Bearer {answer.json()['access']}", **named)

    @classmethod
    def of_key(cls, key: str) -> ApiClient:
        return cls(Authorization=f"Bearer {key}")

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = b"" if body is None else orjson.dumps(body)
        return self.client.generic(
            method,
            f"/api/v1{path}",
            data,
            "application/octet-stream" if body is None else "application/json",
            headers={**self.headers, **headers},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("DELETE", path, body, **headers)
