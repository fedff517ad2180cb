"""`manage.py billing sync|check`: what this deployment needs in Stripe."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import stripe
from django.core.management.base import BaseCommand, CommandError

from billing.plans import money
from billing.services import catalog


class Command(BaseCommand):
    help = (
        "sync: make or mend products, prices, the meter, the webhook endpoint and the portal's rules in Stripe; "
        "check: tell what is missing, and fail if something is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["sync", "check"])

    def handle(self, *_args: Any, **options: Any) -> None:
        if not money():
            raise CommandError("There is no STRIPE_SECRET_KEY, so nothing is sold here and nothing is needed.")
        look = catalog.sync if options["what"] == "sync" else catalog.check
        missing = 0
        try:
            for finding in look():
                missing += not finding.is_there
                self.stdout.write(f"{_state(finding):8} {finding.name} {finding.id}".rstrip())
        except stripe.StripeError as error:
            raise CommandError(f"Stripe: {type(error).__name__}: {error.user_message or error}") from error
        if missing:
            raise CommandError(f"{missing} missing. `manage.py billing sync` makes what is missing.")


def _state(finding: catalog.Finding) -> str:
    if finding.made:
        return "made"
    return "there" if finding.is_there else "MISSING"
