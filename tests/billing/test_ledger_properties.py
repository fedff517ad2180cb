"""The ledger against a model that is a dict: whatever happens in whatever order, the sums are right."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from unittest import mock

from django.conf import settings as django_settings
from django.db import transaction
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing import usage
from billing.models import UsageEntry
from billing.services import adjustments
from config.common.errors import QuotaExceeded
from organizations.models import Organization
from tests.billing.accounts import KEY, subscribe
from tests.factories import make_organization

EVER = datetime(2000, 1, 1, tzinfo=UTC)
INCLUDED = 100
LITTLE = 40
Verb = tuple[str, str, int, str]
KEYS, HOW = st.sampled_from("abc"), st.sampled_from(["once", "twice", "crash"])
VERBS = st.lists(
    st.tuples(st.sampled_from(["reserve", "settle", "release", "correct"]), KEYS, st.integers(0, 60), HOW), max_size=40
)
# Long ones, in which most that is reserved is settled as well.
ENDINGS = st.lists(
    st.tuples(st.sampled_from(["reserve", "settle", "settle", "release"]), KEYS, st.sampled_from([1, 30, 60]), HOW),
    min_size=12,
    max_size=40,
)


class Crash(Exception):
    """The process dies before it commits."""


class Model:
    """What should be: key -> (status, seconds)."""

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.lines: dict[str, tuple[str, int]] = {}
        self.corrections = 0

    @property
    def used(self) -> int:
        return self.corrections + sum(amount for status, amount in self.lines.values() if status == "settled")

    @property
    def committed(self) -> int:
        return self.used + sum(amount for status, amount in self.lines.values() if status == "reserved")

    def reserve(self, key: str, seconds: int) -> bool:
        if self.lines.get(key, ("", 0))[0] in ("reserved", "settled"):
            return True
        if self.committed + seconds > self.ceiling:
            return False
        self.lines[key] = ("reserved", seconds)
        return True

    def settle(self, key: str, seconds: int) -> bool:
        status, held = self.lines.get(key, ("", 0))
        if status == "reserved":
            self.lines[key] = ("settled", min(held, seconds))
        return status == "reserved"

    def release(self, key: str, _seconds: int) -> bool:
        is_held = self.lines.get(key, ("", 0))[0] == "reserved"
        if is_held:
            self.lines[key] = ("released", 0)
        return is_held

    def correct(self, _key: str, seconds: int) -> bool:
        self.corrections += seconds - 30 or 1
        return True


class Ledger:
    """The same verbs on the real thing."""

    def __init__(self, organization: Organization) -> None:
        self.organization, self.prefix = organization, uuid.uuid4().hex

    def reserve(self, key: str, seconds: int) -> bool:
        try:
            usage.reserve(organization=self.organization, key=self.prefix + key, seconds=seconds)
        except QuotaExceeded:
            return False
        return True

    def settle(self, key: str, seconds: int) -> bool:
        return usage.settle(key=self.prefix + key, seconds=seconds)

    def release(self, key: str, _seconds: int) -> bool:
        return usage.release(key=self.prefix + key)

    def correct(self, _key: str, seconds: int) -> bool:
        adjustments.correct(organization=self.organization, seconds=seconds - 30 or 1, reason="a slip", staff=None)
        return True

    @property
    def lines(self) -> dict[str, tuple[str, int]]:
        rows = UsageEntry.objects.filter(organization=self.organization, kind="job")
        return {
            row.key.removeprefix(self.prefix): (
                row.status,
                row.reserved_seconds if row.status == "reserved" else row.used_seconds,
            )
            for row in rows
        }


def crash(act: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            act()
            raise Crash
    except Crash:
        pass


def play(verbs: list[Verb], model: Model, ledger: Ledger) -> None:
    for name, key, seconds, how in verbs:
        act: Callable[[], bool] = partial(getattr(ledger, name), key, seconds)
        if how == "crash":
            crash(act)
        elif how == "twice" and name != "correct":
            first, again = act(), act()
            assert first is getattr(model, name)(key, seconds)
            assert again is getattr(model, name)(key, seconds)
        else:
            assert act() is getattr(model, name)(key, seconds)
        assert ledger.lines == model.lines
        assert usage.used_seconds(ledger.organization, EVER) == model.used
        assert usage.committed_seconds(ledger.organization, EVER) == model.committed


class LedgerSums(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(VERBS)
    def test_any_order_of_verbs_replays_and_crashes_keeps_the_sums_right(self, verbs: list[Verb]) -> None:
        organization = make_organization()
        subscribe(organization, included_seconds=INCLUDED)
        play(verbs, Model(INCLUDED), Ledger(organization))

    @settings(max_examples=40, deadline=None)
    @given(ENDINGS)
    @override_settings(STRIPE_SECRET_KEY=KEY)
    def test_overage_is_exactly_what_went_past(self, verbs: list[Verb]) -> None:
        """Whatever the order in which jobs end, the lines' overage sums up to what is past the included time."""
        organization = make_organization()
        subscribe(organization, included_seconds=LITTLE, overage_cap_seconds=120)
        noted: dict[str, int] = {}

        def note(entry_key: str, seconds: int, **_more: Any) -> bool:
            assert entry_key not in noted, "billed twice"
            noted[entry_key] = seconds
            return True

        model = Model(LITTLE + 120)
        lived = [verb for verb in verbs if verb[3] != "crash"]  # what a crash noted is rolled back with its line
        with mock.patch("billing.gateway.metering.note", note):
            play(lived, model, Ledger(organization))
        assert django_settings.STRIPE_SECRET_KEY == KEY
        on_lines = sum(UsageEntry.objects.filter(organization=organization).values_list("overage_seconds", flat=True))
        assert on_lines == sum(noted.values()) == max(0, model.used - LITTLE)
