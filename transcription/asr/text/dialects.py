"""Spoken Arabic as data: what helps a recognizer to write each variety as it is spoken. Pure.

A recognizer that is not told leans towards the written standard and "corrects" what was said. A prompt in the
dialect and some of its commonest words hold it to the sound. Spelling follows the CODA guidelines (Habash et al.,
"Unified Guidelines and Resources for Arabic Dialect Orthography", LREC 2018) where they settle it.
"""

from __future__ import annotations

from dataclasses import dataclass

from transcription.asr.types import gettext_noop

LANGUAGE = "ar"


@dataclass(frozen=True, slots=True)
class Dialect:
    """`prompt` is in the dialect itself, as Whisper wants it; `vocabulary` are common words of this variety."""

    code: str
    name: str
    name_ar: str
    regions: tuple[str, ...]
    prompt: str
    vocabulary: tuple[str, ...]
    notes: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ALL = (
    Dialect(
        code="msa",
        name="Modern Standard Arabic",
        name_ar="العربية الفصحى",
        regions=("all Arab countries",),
        prompt="السلام عليكم ورحمة الله وبركاته. أهلاً بكم في نشرة الأخبار، وهذه أبرز العناوين.",
        vocabulary=_words("الذي التي سوف لقد حيث كما لذلك ليس إنَّ هؤلاء"),
        notes=gettext_noop(
            "News, lectures, sermons and read text. Leave the dialect out for talk in which speakers "
            "only now and then use the standard."
        ),
    ),
    Dialect(
        code="egyptian",
        name="Egyptian",
        name_ar="المصرية",
        regions=("Egypt", "Sudan (understood)"),
        prompt="إزيك عامل إيه؟ أنا كويس الحمد لله. عايز أقول لك حاجة مهمة دلوقتي، مش كده؟",
        vocabulary=_words(
            "عايز عاوزة دلوقتي إزاي إزيك إيه ليه فين كده مش ده دي دول بتاع أوي برضه لسه بقى النهارده "
            "إمبارح كمان ماشي حاجة علشان"
        ),
        notes=gettext_noop(
            "ج is said as g and ق as a glottal stop; the negation wraps the verb (ما ... ش). "
            "Recognizers know it best of all dialects, from films and television."
        ),
    ),
    Dialect(
        code="gulf",
        name="Gulf",
        name_ar="الخليجية",
        regions=("Saudi Arabia", "Kuwait", "Bahrain", "Qatar", "United Arab Emirates", "Oman"),
        prompt="هلا والله، شلونك؟ شخبارك؟ أبي أقول لك شي، الحين وش رايك نروح هناك؟ إن شاء الله زين.",
        vocabulary=_words(
            "شلونك شخبارك الحين أبي أبغى وش شنو ليش وين جذي كذا زين مب مو وايد واجد مرة إيه يالله عيال "
            "حق هني توني خوش بعد"
        ),
        notes=gettext_noop(
            "ق is said as g, ك often as ch, ج in places as y. Saudi speech says وش and أبغى where "
            "Kuwait says شنو and أبي; add the words of your own country to `vocabulary`."
        ),
    ),
    Dialect(
        code="iraqi",
        name="Iraqi",
        name_ar="العراقية",
        regions=("Iraq", "Khuzestan", "eastern Syria"),
        prompt="هلا بيك، شلونك شكو ماكو؟ هسه راح أحچيلك شي، آني چنت هناك البارحة وما شفت أحد.",
        vocabulary=_words(
            "شكو ماكو أكو هسه شلونك شنو ليش وين آني إحنا هواية شوية چان چنت أحچي يحچي راح دا مو خوش گال"
            " گلت گاع باچر البارحة هيچ بلكت"
        ),
        notes=gettext_noop(
            "Written with چ and گ for the sounds ch and g. Recognizers often put ك and ق instead: "
            "search folds the letters together, so both spellings are found."
        ),
    ),
    Dialect(
        code="levantine",
        name="Levantine",
        name_ar="الشامية",
        regions=("Syria", "Lebanon", "Jordan", "Palestine"),
        prompt="مرحبا، كيفك؟ شو أخبارك؟ هلق بدي أحكي لك شي، مبارح رحنا لهنيك وكان كتير منيح.",
        vocabulary=_words(
            "شو كيفك هلق هلأ هلا بدي بدك بدنا ليش وين كتير منيح هيك هون هنيك لسا مبارح بكرا عم رح مو مش"
            " إي يلا هاد هاي شوي كمان متل"
        ),
        notes=gettext_noop(
            "ق is mostly a glottal stop, in the countryside and in Jordan also g. The present is marked"
            " with ب and عم. Damascus says هلق, Beirut هلأ, Amman هسا or هلا."
        ),
    ),
    Dialect(
        code="maghrebi",
        name="Maghrebi",
        name_ar="المغاربية",
        regions=("Morocco", "Algeria", "Tunisia", "Libya", "Mauritania"),
        prompt="السلام، لاباس عليك؟ واش راك مزيان؟ دابا بغيت نهضر معاك على واحد الحاجة بزاف مهمة.",
        vocabulary=_words(
            "واش لاباس بزاف برشا دابا دروك توا بغيت نهضر كيفاش علاش فين وين شنو آش شكون مزيان مليح باهي"
            " ديال متاع حنا هاد غير كاين ماكاينش زعما"
        ),
        notes=gettext_noop(
            "The farthest from the standard, with short vowels dropped and much French: expect more "
            "mistakes, use the largest model you can, and name French terms in `vocabulary`."
        ),
    ),
)

DIALECTS: dict[str, Dialect] = {dialect.code: dialect for dialect in _ALL}
