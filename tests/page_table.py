"""Who may open which page below `/o/<slug>/`. A new page needs its line here, or tests/test_page_matrix.py fails.

Written by hand, as tests/access_table.py is: the second opinion on the permission table.
"""

from __future__ import annotations

from organizations.roles import Role

VIEWER, MEMBER, ADMIN, OWNER = Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER
GET, POST = "GET", "POST"

# The address's name: its methods, each with the least role that may.
PAGES: dict[str, dict[str, Role]] = {
    "organization-home": {GET: VIEWER},
    "recordings": {GET: VIEWER},
    "recording": {GET: VIEWER},
    "recording-play": {GET: VIEWER},
    "recording-download": {GET: VIEWER},
    "upload": {POST: MEMBER},
    "import-address": {POST: MEMBER},
    "recordings-change": {POST: MEMBER},
    "recording-edit": {POST: MEMBER},
    "recording-delete": {POST: MEMBER},
    "recording-restore": {POST: MEMBER},
    "recording-purge": {POST: ADMIN},
    "recording-transcribe": {POST: MEMBER},
    "job-cancel": {POST: MEMBER},
    "job-retry": {POST: MEMBER},
    "job-delete": {POST: MEMBER},
    "transcript": {GET: VIEWER},
    "transcript-download": {GET: VIEWER},
    "transcript-evaluate": {POST: MEMBER},
    "transcript-shares": {GET: VIEWER, POST: MEMBER},
    "transcript-share-revoke": {POST: MEMBER},
    "search": {GET: VIEWER},
    "recordings-export": {POST: VIEWER},
    "quality": {GET: VIEWER},
    "evaluation": {GET: VIEWER},
    "evaluation-delete": {POST: MEMBER},
    "projects": {GET: VIEWER},
    "project": {GET: ADMIN},
    "project-create": {POST: ADMIN},
    "project-rename": {POST: ADMIN},
    "project-delete": {POST: ADMIN},
    "trash": {GET: VIEWER},
    "developers": {GET: VIEWER},
    "key-create": {POST: ADMIN},
    "key-revoke": {POST: ADMIN},
    "notifications": {GET: VIEWER},
    "notifications-read": {POST: VIEWER},
    "notification": {POST: VIEWER},
    "organization-deleted": {GET: VIEWER},
    "organization-restore": {POST: OWNER},
    "organization-mfa": {GET: VIEWER},
    "organization-leave": {POST: VIEWER},
    "settings-general": {GET: ADMIN, POST: ADMIN},
    "settings-retention": {GET: ADMIN, POST: ADMIN},
    "settings-roles": {GET: VIEWER},
    "organization-delete": {POST: OWNER},
    "settings-members": {GET: VIEWER},
    "ownership-transfer": {POST: OWNER},
    "member-role": {POST: ADMIN},
    "member-remove": {POST: ADMIN},
    "invitation-create": {POST: ADMIN},
    "invitation-resend": {POST: ADMIN},
    "invitation-revoke": {POST: ADMIN},
    "settings-audit": {GET: ADMIN},
    "settings-audit-csv": {GET: ADMIN},
    "settings-webhooks": {GET: ADMIN},
    "settings-webhook": {GET: ADMIN},
    "settings-webhook-create": {POST: ADMIN},
    "settings-webhook-change": {POST: ADMIN},
    "settings-webhook-switch": {POST: ADMIN},
    "settings-webhook-test": {POST: ADMIN},
    "settings-webhook-rotate": {POST: ADMIN},
    "settings-webhook-delete": {POST: ADMIN},
    "settings-webhook-replay": {POST: ADMIN},
}
