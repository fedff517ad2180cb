"""Pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from organizations.views import audit_log, gates, home, invitations, members, notifications, settings, webhooks

SETTINGS = "o/<slug:slug>/settings"
MEMBER = f"{SETTINGS}/members/<uuid:member_id>"
INVITATION = f"{SETTINGS}/invitations/<uuid:invitation_id>"
NOTIFICATION = "o/<slug:slug>/notifications/<uuid:notification_id>"
WEBHOOK = "o/<slug:slug>/settings/webhooks/<uuid:webhook_id>"

urlpatterns: list[URLPattern] = [
    path("app", home.home, name="home"),
    path("organizations/new", home.new, name="organization-new"),
    path("organizations/create", home.create, name="organization-create"),
    path("o/<slug:slug>/deleted", gates.deleted, name="organization-deleted"),
    path("o/<slug:slug>/restore", gates.restore, name="organization-restore"),
    path("o/<slug:slug>/two-step", gates.two_step, name="organization-mfa"),
    path("o/<slug:slug>/leave", members.leave, name="organization-leave"),
    path("o/<slug:slug>/notifications", notifications.notifications, name="notifications"),
    path("o/<slug:slug>/notifications/read", notifications.read_all, name="notifications-read"),
    path(NOTIFICATION, notifications.follow, name="notification"),
    path("invitations/<str:token>", invitations.invitation, name="invitation"),
    path("invitations/<str:token>/accept", invitations.accept, name="invitation-accept"),
    path("invitations/<str:token>/register", invitations.register, name="invitation-register"),
    path("invitations/<str:token>/switch", invitations.switch_account, name="invitation-switch"),
    path(SETTINGS, settings.general, name="settings-general"),
    path(f"{SETTINGS}/retention", settings.retention, name="settings-retention"),
    path(f"{SETTINGS}/roles", settings.roles, name="settings-roles"),
    path(f"{SETTINGS}/delete", settings.delete, name="organization-delete"),
    path(f"{SETTINGS}/members", members.members_page, name="settings-members"),
    path(f"{SETTINGS}/members/transfer", members.transfer, name="ownership-transfer"),
    path(f"{MEMBER}/role", members.change_role, name="member-role"),
    path(f"{MEMBER}/remove", members.remove, name="member-remove"),
    path(f"{SETTINGS}/invitations", members.invite, name="invitation-create"),
    path(f"{INVITATION}/resend", members.resend, name="invitation-resend"),
    path(f"{INVITATION}/revoke", members.revoke, name="invitation-revoke"),
    path(f"{SETTINGS}/audit-log", audit_log.audit_log_page, name="settings-audit"),
    path(f"{SETTINGS}/audit-log.csv", audit_log.audit_log_csv, name="settings-audit-csv"),
    path("o/<slug:slug>/settings/webhooks", webhooks.webhooks_page, name="settings-webhooks"),
    path("o/<slug:slug>/settings/webhooks/create", webhooks.create, name="settings-webhook-create"),
    path(WEBHOOK, webhooks.webhook_page, name="settings-webhook"),
    path(f"{WEBHOOK}/change", webhooks.change, name="settings-webhook-change"),
    path(f"{WEBHOOK}/switch", webhooks.switch, name="settings-webhook-switch"),
    path(f"{WEBHOOK}/test", webhooks.send_test, name="settings-webhook-test"),
    path(f"{WEBHOOK}/rotate", webhooks.rotate, name="settings-webhook-rotate"),
    path(f"{WEBHOOK}/delete", webhooks.delete, name="settings-webhook-delete"),
    path(
        "o/<slug:slug>/settings/webhook-deliveries/<uuid:delivery_id>/replay",
        webhooks.replay,
        name="settings-webhook-replay",
    ),
]
