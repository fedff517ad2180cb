"""Stripe's stand-in, and a shop in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.billing import stripe_server
from tests.billing.selling import Shop, open_shop


@pytest.fixture
def stripe() -> Iterator[stripe_server.StripeServer]:
    with stripe_server.serving() as server:
        yield server


@pytest.fixture
def shop(stripe: stripe_server.StripeServer, settings: Any, db: None) -> Shop:
    return open_shop(stripe, settings)
