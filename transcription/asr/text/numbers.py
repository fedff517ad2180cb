"""English numbers as they are said, so that digits in a text can be aligned with the sound."""

from __future__ import annotations

import re

ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
UNITS = {"%": "percent", "$": "dollars", "€": "euros", "£": "pounds"}
MAX_CARDINAL_DIGITS = 9
# Said in hundreds ("nineteen ninety nine"), but for the first century of a millennium.
YEARS = range(1100, 2100)
NUMBER = re.compile(
    r"(?P<before>[$€£]?)(?P<digits>\d{1,3}(?:,\d{3}){1,2}|\d+)(?P<rest>(?:[.:]\d+)*)(?P<after>st|nd|rd|th|s|%)?"
)


def cardinal(number: int) -> list[str]:
    """The words of a whole number from 0."""
    if number < len(ONES):
        return [ONES[number]]
    for scale, name in SCALES:
        if number >= scale:
            head, tail = divmod(number, scale)
            return [*cardinal(head), name, *(cardinal(tail) if tail else [])]
    tens, ones = divmod(number, 10)
    return [TENS[tens - 2], *([ONES[ones]] if ones else [])]


def ordinal(number: int) -> list[str]:
    """The words of a rank: 21 is "twenty first"."""
    *head, last = cardinal(number)
    regular = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return [*head, ORDINALS.get(last, regular)]


def spoken_number(token: str) -> list[str] | None:
    """How "60%", "$1,200", "3.5", "10:30", "21st" or "1999" is probably said; None if the token is no number."""
    match = NUMBER.fullmatch(token)
    if match is None:
        return None
    digits = match["digits"].replace(",", "")
    if match["after"] in {"st", "nd", "rd", "th"}:
        return ordinal(int(digits))
    words = cardinal(int(digits)) if "," in match["digits"] else _whole(digits)
    for part in re.findall(r"[.:]\d+", match["rest"]):
        words += ["point", *_digits(part[1:])] if part[0] == "." else _whole(part[1:])
    unit = UNITS.get(match["after"] or match["before"])
    return [*words, unit] if unit else words


def _digits(digits: str) -> list[str]:
    return [ONES[int(digit)] for digit in digits]


def _whole(digits: str) -> list[str]:
    if len(digits) > MAX_CARDINAL_DIGITS or (digits[0] == "0" and len(digits) > 1):
        return _digits(digits)
    number = int(digits)
    hundreds, rest = divmod(number, 100)
    if number in YEARS and hundreds % 10:
        return [*cardinal(hundreds), *(cardinal(rest) if rest else ["hundred"])]
    return cardinal(number)
