"""A rough English letter-to-sound rule set, for names and new words that the pronouncing dictionary lacks.

It only has to be near enough for an aligner that already knows which word comes next.
"""

from __future__ import annotations

# Longest match first. Phones are those of the CMU pronouncing dictionary.
RULES = {
    "tion": "SH AH N", "sion": "ZH AH N", "ough": "AO", "augh": "AO", "eigh": "EY", "tch": "CH", "sch": "SH",
    "igh": "AY", "dge": "JH", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG",
    "qu": "K W", "kn": "N", "wr": "R", "gh": "G", "ee": "IY", "ea": "IY", "ie": "IY", "ei": "EY", "ai": "EY",
    "ay": "EY", "ey": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oi": "OY", "oy": "OY", "oa": "OW", "au": "AO",
    "aw": "AO", "ue": "UW", "ui": "UW", "ar": "AA R", "er": "ER", "ir": "ER", "or": "AO R", "ur": "ER",
    "bb": "B", "cc": "K", "dd": "D", "ff": "F", "gg": "G", "ll": "L", "mm": "M", "nn": "N", "pp": "P", "rr": "R",
    "ss": "S", "tt": "T", "zz": "Z", "ce": "S", "ci": "S IH", "cy": "S IY", "ge": "JH", "gi": "JH IH",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH",
    "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
LONGEST = max(map(len, RULES))
VOWELS = "aeiou"
MIN_SILENT_E = 3


def phones(word: str) -> str | None:
    """Phones of a word in lower case, separated by spaces; None where it has a letter outside a to z."""
    letters = word.replace("'", "")
    if not letters.isascii() or not letters.isalpha():
        return None
    if len(letters) >= MIN_SILENT_E and letters[-1] == "e" and letters[-2] not in VOWELS:
        letters = letters[:-1]
    found, position = [], 0
    while position < len(letters):
        size = next(n for n in range(LONGEST, 0, -1) if letters[position : position + n] in RULES)
        found.append(RULES[letters[position : position + size]])
        position += size
    return " ".join(found)
