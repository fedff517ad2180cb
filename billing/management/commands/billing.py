"""`manage.py billing sync|check|repair`: what this deployment needs in Stripe, and what must not be there twice."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

import stripe
from django.core.management.base import BaseCommand, CommandError

from billing.plans import money
from billing.services import catalog, doubles


class Command(BaseCommand):
    help = (
        "sync: make or mend products, prices, the meter, the webhook endpoint and the portal's rules in Stripe; "
        "check: tell what is missing and who has two subscriptions, and fail if there is something; "
        "repair: end second subscriptions, with credit for what was paid."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["sync", "check", "repair"])

    def handle(self, *_args: Any, **options: Any) -> None:
        if not money():
            raise CommandError("There is no STRIPE_SECRET_KEY, so nothing is sold here and nothing is needed.")
        try:
            {"sync": self._sync, "check": self._check, "repair": self._repair}[options["what"]]()
        except stripe.StripeError as error:
            raise CommandError(f"Stripe: {type(error).__name__}: {error.user_message or error}") from error

    def _sync(self) -> None:
        self._tell(catalog.sync())

    def _check(self) -> None:
        wrong = []
        if missing := self._tell(catalog.check()):
            wrong.append(f"{missing} missing. `manage.py billing sync` makes what is missing.")
        twice = list(doubles.found())
        for one in twice:
            self.stdout.write(f"TWICE    {one.account} keeps {one.kept}, too many {' '.join(one.ended)}")
        if twice:
            wrong.append(f"{len(twice)} pay twice. `manage.py billing repair` ends what is too many.")
        if wrong:
            raise CommandError(" ".join(wrong))

    def _repair(self) -> None:
        for one in list(doubles.found()):
            self.stdout.write(f"ended    {one.account} {' '.join(doubles.end(one.account))}")

    def _tell(self, findings: Iterable[catalog.Finding]) -> int:
        """How many are missing."""
        missing = 0
        for finding in findings:
            missing += not finding.is_there
            self.stdout.write(f"{_state(finding):8} {finding.name} {finding.id}".rstrip())
        return missing


def _state(finding: catalog.Finding) -> str:
    if finding.made:
        return "made"
    return "there" if finding.is_there else "MISSING"
