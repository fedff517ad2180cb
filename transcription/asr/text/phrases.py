"""Phrases that recognizers invent, gathered from what they write over silence and music. Folded when they are loaded.

They come from the subtitles of videos: credits of those who made them, and the goodbyes of those who show them.
"""

from __future__ import annotations

from transcription.asr.text.normalize import search_fold


def _folded(*phrases: str) -> frozenset[str]:
    return frozenset(map(search_fold, phrases))


# Nobody says these in a meeting: suspicious inside a longer line too.
ANYWHERE = _folded(
    "amara.org",
    "subtitles by",
    "captions by",
    "transcribed by otter.ai",
    "ترجمة نانسي قنقر",
    "اشتركوا في القناة",
    "لا تنسوا الاشتراك في القناة",
    "untertitel im auftrag des zdf",
    "untertitel von",
    "sous-titrage st' 501",
    "sous-titrage société radio-canada",
    "sous-titres réalisés par",
    "subtítulos realizados por",
    "sottotitoli creati dalla comunità",
    "legendas pela comunidade",
    "редактор субтитров",
    "субтитры сделал",
    "субтитры создавал",
    "altyazı m.k.",
    "字幕by索兰娅",
    "請不吝點贊",
)
# By language; people do say these, so only where they are the whole line.
WHOLE = {
    "en": _folded(
        "Thanks for watching.",
        "Thank you for watching.",
        "Thank you so much for watching.",
        "Thanks for watching and I'll see you in the next video.",
        "Please subscribe to my channel.",
        "Please subscribe.",
        "Don't forget to like and subscribe.",
        "Like and subscribe.",
        "See you in the next video.",
        "I'll see you in the next one.",
    ),
    "ar": _folded(
        "شكرا للمشاهدة",
        "شكرا لكم على المشاهدة",
        "شكرا على المشاهدة",
        "اشترك في القناة",
        "لا تنس الاشتراك في القناة",
        "السلام عليكم ورحمة الله وبركاته اشتركوا في القناة",
        "إلى اللقاء في الحلقة القادمة",
        "موسيقى",
    ),
    "es": _folded("¡Gracias por ver el video!", "Gracias por ver.", "Suscríbete al canal.", "¡Suscríbete!"),
    "fr": _folded("Merci d'avoir regardé cette vidéo.", "Merci d'avoir regardé.", "Abonnez-vous à la chaîne."),
    "de": _folded("Vielen Dank fürs Zuschauen.", "Danke fürs Zuschauen.", "Bis zum nächsten Mal.", "Copyright WDR"),
    "pt": _folded("Obrigado por assistir.", "Inscreva-se no canal."),
    "it": _folded("Grazie per aver guardato il video.", "Iscrivetevi al canale."),
    "ru": _folded("Спасибо за просмотр.", "Продолжение следует...", "Подпишись на канал.", "Подписывайтесь на канал."),
    "tr": _folded("İzlediğiniz için teşekkür ederim.", "Abone olmayı unutmayın."),
    "fa": _folded("ممنون که تماشا کردید"),
    "zh": _folded("谢谢观看", "感谢观看"),
    "ja": _folded("ご視聴ありがとうございました"),
    "ko": _folded("시청해주셔서 감사합니다"),
}
