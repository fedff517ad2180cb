"""Routes under /api/v1 about people and organizations. No path ends in a slash."""

from __future__ import annotations

from django.urls import path

from organizations.api import (
    account,
    audit_log,
    auth,
    members,
    notifications,
    organizations,
    schema,  # noqa: F401 - registers itself
    settings,
    webhooks,
)

urlpatterns = [
    path("auth/register", auth.RegisterView.as_view(), name="api-register"),
    path("auth/login", auth.LoginView.as_view(), name="api-login"),
    path("auth/refresh", auth.RefreshView.as_view(), name="api-refresh"),
    path("auth/logout", auth.LogoutView.as_view(), name="api-logout"),
    path("auth/mfa", account.MfaView.as_view(), name="api-mfa"),
    path("auth/mfa/passkey", account.PasskeyChallengeView.as_view(), name="api-mfa-passkey"),
    path("auth/passkeys", account.PasskeysView.as_view(), name="api-passkeys"),
    path("auth/passkeys/<uuid:passkey_id>", account.PasskeyView.as_view(), name="api-passkey"),
    path("auth/forgot-password", account.ForgotPasswordView.as_view(), name="api-forgot-password"),
    path("auth/reset-password", account.ResetPasswordView.as_view(), name="api-reset-password"),
    path("auth/verify-email", account.VerifyEmailView.as_view(), name="api-verify-email"),
    path("auth/resend-verification", account.ResendVerificationView.as_view(), name="api-resend-verification"),
    path("auth/change-password", account.ChangePasswordView.as_view(), name="api-change-password"),
    path("auth/change-email", account.ChangeEmailView.as_view(), name="api-change-email"),
    path("auth/sessions", account.SessionsView.as_view(), name="api-sessions"),
    path("auth/sessions/<uuid:session_id>", account.SessionView.as_view(), name="api-session"),
    path("auth/me", auth.MeView.as_view(), name="api-me"),
    path("auth/me/export", account.ExportView.as_view(), name="api-me-export"),
    path("organizations", organizations.OrganizationsView.as_view(), name="api-organizations"),
    path("organizations/<slug:slug>", settings.OrganizationView.as_view(), name="api-organization"),
    path("organizations/<slug:slug>/members", organizations.MembersView.as_view(), name="api-members"),
    path("organizations/<slug:slug>/restore", settings.RestoreView.as_view(), name="api-organization-restore"),
    path("organizations/<slug:slug>/settings", settings.SettingsView.as_view(), name="api-settings"),
    path("organizations/<slug:slug>/members/leave", members.LeaveView.as_view(), name="api-leave"),
    path("organizations/<slug:slug>/members/<uuid:member_id>", members.MemberView.as_view(), name="api-member"),
    path("organizations/<slug:slug>/transfer-ownership", members.TransferOwnershipView.as_view(), name="api-transfer"),
    path("organizations/<slug:slug>/invitations", members.InvitationsView.as_view(), name="api-invitations"),
    path(
        "organizations/<slug:slug>/invitations/<uuid:invitation_id>",
        members.InvitationView.as_view(),
        name="api-invitation",
    ),
    path(
        "organizations/<slug:slug>/invitations/<uuid:invitation_id>/resend",
        members.ResendInvitationView.as_view(),
        name="api-invitation-resend",
    ),
    path("invitations/accept", members.AcceptInvitationView.as_view(), name="api-invitation-accept"),
    path("invitations/register", members.RegisterByInvitationView.as_view(), name="api-invitation-register"),
    path("notifications", notifications.NotificationsView.as_view(), name="api-notifications"),
    path("notifications/<uuid:notification_id>", notifications.NotificationView.as_view(), name="api-notification"),
    path("organizations/<slug:slug>/api-keys", organizations.ApiKeysView.as_view(), name="api-keys"),
    path("organizations/<slug:slug>/api-keys/<uuid:key_id>", organizations.ApiKeyView.as_view(), name="api-key"),
    path("organizations/<slug:slug>/audit-log", audit_log.AuditLogView.as_view(), name="api-audit-log"),
    path("tickets", organizations.TicketsView.as_view(), name="api-tickets"),
    path("webhooks", webhooks.WebhooksView.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:webhook_id>", webhooks.WebhookView.as_view(), name="api-webhook"),
    path("webhooks/<uuid:webhook_id>/test", webhooks.WebhookTestView.as_view(), name="api-webhook-test"),
    path(
        "webhooks/<uuid:webhook_id>/rotate-secret",
        webhooks.RotateSecretView.as_view(),
        name="api-webhook-rotate-secret",
    ),
    path("webhooks/<uuid:webhook_id>/deliveries", webhooks.DeliveriesView.as_view(), name="api-webhook-deliveries"),
    path("webhooks/deliveries/<uuid:delivery_id>/replay", webhooks.ReplayView.as_view(), name="api-webhook-replay"),
]
