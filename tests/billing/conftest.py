"""Stripe's stand-in, and a shop in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.billing.selling import Shop, open_shop
from tests.billing.stripe_fake.server import StripeServer, serving


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with serving() as server:
        yield server


@pytest.fixture
def shop(stripe: StripeServer, settings: Any, db: None) -> Shop:
    return open_shop(stripe, settings)
