"""What a talk is about: the words that come again and again, without those that come in every talk."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from transcription.asr.text.normalize import search_fold

if TYPE_CHECKING:
    from collections.abc import Iterable

FEWEST = 2
SHORTEST = 3
# Of languages whose function words we do not list, only words that are longer than nearly all of those.
SHORTEST_ELSEWHERE = 6
SHORTEST_STEM = 3
ARTICLES = ("وال", "بال", "فال", "كال", "لل", "ال")

ENGLISH = """
a able about actually after again all almost also always am an and another any anything are as ask at away back
be because been before being believe between both but by call came can cannot come could day did didnt different
do does doesnt doing done dont down each else enough even ever every everybody everyone everything few find
first for from get gets getting give go goes going gone good got great guess had has hasnt have havent having he
hello her here hers herself hey him himself his hmm how i ill im in into is isnt it its itself ive just keep
kind know last least less let lets like little look lot made make many may maybe me mean might mine more most
much must my myself need never new next no nobody none nor not nothing now of off oh okay old on once one only
onto or other others our ours out over own part people per cent percent perhaps please point pretty probably put
quite rather really right said same saw say says see seem seen shall she should show since so some somebody
someone something sometimes sort still stuff such sure take talk tell than thank thanks that thats the their
theirs them themselves then there theres these they theyre theyve thing things think this those though three
through time to today together too took try trying two uh um under until up upon us use used very want wanted
wants was wasnt way we well went were werent weve what whatever whats when where whether which while who whole
whom whose why will with within without wont work would wouldnt yeah year years yes yesterday yet you your youre
yours yourself youve
"""
ARABIC = """
في من على عن إلى مع حتى منذ بين تحت فوق أمام خلف عند عندما لدى حول ضد خلال بعد قبل بدون دون غير سوى
مثل كما لكن لكنه لكنها أو أم بل لا لم لن ما ليس ليست هل لماذا متى أين كيف كم ماذا أي أية هذا هذه
هذان هؤلاء ذلك تلك أولئك هنا هناك الذي التي الذين اللذان اللتان اللاتي هو هي هم هن هما أنا نحن أنت
أنتم أنتن إن أن إنه إنها أنه أنها كان كانت كانوا يكون تكون سيكون كنت كنا يكن صار أصبح قد لقد سوف ثم
إذا إذ لو لولا لأن لأنه لأنها كل بعض جميع كلها كله أكثر أقل جدا أيضا فقط نعم كلا اليوم الآن أمس غدا
شيء أشياء يعني طيب تمام شكرا جزيلا مرحبا بكم لكم لهم له لها لي لك لنا به بها بهم فيه فيها فيهم منه
منها منهم عليه عليها عليهم عليكم إليه إليها عنه عنها معه معها معي معكم وهو وهي وهذا وهذه ولا وما ولم
ومن وفي وعلى وإن وأن وكان وقد يا أيها أيتها أول واحد واحدة اثنان مرة كذلك حيث بينما أما إما ربما عدم
هكذا عام قال قالت يقول نقول مش مو ايش شو شنو ليش وين كده كدا علشان عشان بس هسه هلق دلوقتي اللي إحنا
احنا انت انتي هاي هاد هذي دي ده دا ديه عايز بدي أريد يريد نريد يمكن لازم راح رح
"""
FUNCTION_WORDS = {
    "en": frozenset(search_fold(ENGLISH).split()),
    "ar": frozenset(search_fold(ARABIC).split()),
}


def keywords(lines: Iterable[tuple[str, str]], *, most: int) -> list[tuple[str, int]]:
    """The words said most often, at least twice, and how often; each as it is mostly written.

    `lines`: text and its language's code. Forms that search takes for one count as one, and Arabic words with and
    without their article too.
    """
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    said = Counter((word, language) for text, language in lines for word in text.split())
    for (word, language), times in said.items():
        folded = search_fold(word)
        if _tells(folded, language):
            forms[_stem(folded)][_bare(word)] += times
    counted = ((form.most_common(1)[0][0], form.total()) for form in forms.values())
    often = [(text, count) for text, count in counted if count >= FEWEST]
    return sorted(often, key=lambda one: (-one[1], one[0]))[:most]


def _tells(folded: str, language: str) -> bool:
    if " " in folded or any(letter.isdigit() for letter in folded):
        return False
    common = FUNCTION_WORDS.get(language)
    if common is None:
        return len(folded) >= SHORTEST_ELSEWHERE
    return len(folded) >= SHORTEST and folded not in common


def _stem(folded: str) -> str:
    """Without an Arabic article, and what may stand before it."""
    for article in ARTICLES:
        if folded.startswith(article) and len(folded) - len(article) >= SHORTEST_STEM:
            return folded[len(article) :]
    return folded


def _bare(word: str) -> str:
    """Without the punctuation around it."""
    letters = [at for at, letter in enumerate(word) if letter.isalnum()]
    return word[letters[0] : letters[-1] + 1] if letters else word
