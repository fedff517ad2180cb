"""The rows of tests/access_table.py about what an organization teaches us: words, dialects, voices."""

from __future__ import annotations

from tests.access_rows import ADMIN, CONFLICT, CREATED, GONE, MEMBER, VIEWER, tenant
from tests.factories import make_voice

PROPOSAL = {"said": "tadween", "written": "Tadwin"}
GLOSSARY = "glossaries/<uuid:glossary_id>"
PROFILE, MATCH = "speaker-profiles/<uuid:profile_id>", "speaker-profiles/suggestions/<uuid:match_id>"
KNOWLEDGE = {
    ("GET", "glossaries"): tenant(VIEWER, "transcripts:read"),
    # The organization has none yet.
    ("POST", "glossaries"): tenant(ADMIN, None, CREATED),
    ("GET", GLOSSARY): tenant(VIEWER, "transcripts:read"),
    ("DELETE", GLOSSARY): tenant(ADMIN, None, GONE),
    ("GET", f"{GLOSSARY}/entries"): tenant(VIEWER, "transcripts:read"),
    ("POST", f"{GLOSSARY}/entries"): tenant(ADMIN, None, CREATED, body=lambda _: {"text": "Diwan"}),
    ("PATCH", f"{GLOSSARY}/entries/<uuid:entry_id>"): tenant(ADMIN, None, body=lambda _: {"boost": 9}),
    ("DELETE", f"{GLOSSARY}/entries/<uuid:entry_id>"): tenant(ADMIN, None, GONE),
    ("POST", f"{GLOSSARY}/import"): tenant(ADMIN, None, body=lambda _: {"csv": "text\nDiwan\n"}),
    ("GET", f"{GLOSSARY}/export"): tenant(VIEWER, "transcripts:read"),
    ("GET", f"{GLOSSARY}/proposals"): tenant(VIEWER, "transcripts:read"),
    ("POST", f"{GLOSSARY}/proposals/accept"): tenant(ADMIN, None, CREATED, body=lambda _: PROPOSAL),
    ("POST", f"{GLOSSARY}/proposals/reject"): tenant(ADMIN, None, GONE, body=lambda _: PROPOSAL),
    ("GET", "speaker-profiles"): tenant(VIEWER, "transcripts:read"),
    ("POST", "speaker-profiles"): tenant(
        ADMIN,
        None,
        CREATED,
        body=lambda world: {"name": "Layla", "speaker": str(make_voice(world.transcript.speakers.get()).speaker_id)},
        stranger=422,
    ),
    ("GET", "speaker-profiles/consent"): tenant(VIEWER, "transcripts:read"),
    ("PUT", "speaker-profiles/consent"): tenant(ADMIN, None, body=lambda _: {"enabled": True, "note": "All signed."}),
    ("GET", "speaker-profiles/suggestions"): tenant(VIEWER, "transcripts:read"),
    ("POST", f"{MATCH}/accept"): tenant(MEMBER, "transcripts:write"),
    ("POST", f"{MATCH}/reject"): tenant(MEMBER, "transcripts:write"),
    # It was not accepted.
    ("POST", f"{MATCH}/take-back"): tenant(MEMBER, "transcripts:write", CONFLICT),
    ("GET", PROFILE): tenant(VIEWER, "transcripts:read"),
    ("PATCH", PROFILE): tenant(ADMIN, None, body=lambda _: {"name": "Omar"}),
    ("DELETE", PROFILE): tenant(ADMIN, None, GONE),
    ("POST", f"{PROFILE}/speakers"): tenant(
        ADMIN,
        None,
        CREATED,
        body=lambda world: {"speaker": str(make_voice(world.transcript.speakers.get()).speaker_id)},
    ),
    ("GET", f"{PROFILE}/recordings"): tenant(VIEWER, "transcripts:read"),
    # A dialect's code is everybody's; what is written over it is the caller's own organization's.
    ("PATCH", "dialects/<slug:code>"): tenant(ADMIN, None, body=lambda _: {"notes": "New"}, stranger=200),
    ("DELETE", "dialects/<slug:code>"): tenant(ADMIN, None, stranger=200),
}
