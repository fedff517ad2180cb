"""How pages and mails say amounts of money."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

register = template.Library()
# Currencies whose smallest unit is the whole one, and those that have thousandths, as Stripe counts them.
WHOLE = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
THOUSANDTHS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


@register.filter
def money(amount: int | None, currency: str) -> str:
    """`money(1900, "usd")` -> "19 USD", `money(1950, "usd")` -> "19.50 USD", `money(500, "jpy")` -> "500 JPY"."""
    if amount is None:
        return "–"
    places = 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2
    whole, rest = divmod(abs(amount), 10**places)
    number = number_format(f"{whole}.{rest:0{places}d}", places, force_grouping=True) if rest else _grouped(whole)
    sign = "\u2212" if amount < 0 else ""
    # No line break, and no turning round in a text from right to left.
    return f"\u2066{sign}{number}\u00a0{currency.upper()}\u2069"


@register.filter
def minus(amount: int) -> int:
    """What is taken away, as bills write it."""
    return -amount


def _grouped(whole: int) -> str:
    return str(number_format(whole, 0, force_grouping=True))
