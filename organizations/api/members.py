"""/api/v1/organizations/{slug}/members, /invitations, /transfer-ownership; /api/v1/invitations"""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import sessions
from config.common.api import validated
from config.common.pagination import page_of
from organizations.api import organization_serializers as serializers
from organizations.api.base import PersonAPIView, PublicAPIView, TenantAPIView
from organizations.api.organization_presenters import invitation_json
from organizations.api.organizations import IDEMPOTENCY_KEY, PAGE, paginated
from organizations.api.presenters import member_json, own_organization_json, registered_json
from organizations.api.serializers import MemberSerializer, OwnOrganizationSerializer, RegisteredSerializer
from organizations.idempotency import idempotent
from organizations.models import Invitation, Membership
from organizations.roles import Action, Role
from organizations.services import invitations, members
from organizations.services.signup import SignedUp


class MemberView(TenantAPIView):
    actions = {"PATCH": Action.MEMBERS_MANAGE, "DELETE": Action.MEMBERS_MANAGE}

    def membership(self, member_id: UUID) -> Membership:
        found: Membership = Membership.objects.visible_to(self.caller).select_related("user").get_or_404(member_id)
        return found

    @extend_schema(
        operation_id="members_change", request=serializers.ChangeMemberSerializer, responses=MemberSerializer
    )
    def patch(self, request: Request, slug: str, member_id: UUID) -> Response:
        """Give a member another role. Only owners make and change owners; one owner is always left."""
        membership = self.membership(member_id)
        role = Role(validated(serializers.ChangeMemberSerializer, request.data)["role"])
        changed = members.change_role(caller=self.caller, membership=membership, role=role)
        return Response(member_json(changed))

    @extend_schema(operation_id="members_remove", responses={204: None})
    def delete(self, request: Request, slug: str, member_id: UUID) -> Response:
        """Take a member out. What they made stays with the organization."""
        members.remove(caller=self.caller, membership=self.membership(member_id))
        return Response(status=204)


class LeaveView(TenantAPIView):
    actions = {"POST": Action.MEMBERS_READ}
    ungated = frozenset({"POST"})

    @extend_schema(operation_id="members_leave", request=None, responses={204: None})
    def post(self, request: Request, slug: str) -> Response:
        """Leave the organization. Its last owner can't: make somebody else an owner first."""
        members.leave(caller=self.caller)
        return Response(status=204)


class TransferOwnershipView(TenantAPIView):
    actions = {"POST": Action.OWNERSHIP_TRANSFER}

    @extend_schema(
        operation_id="organizations_transfer",
        request=serializers.TransferOwnershipSerializer,
        responses=MemberSerializer,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make a member an owner in your place; you become an admin."""
        wanted = validated(serializers.TransferOwnershipSerializer, request.data)["member"]
        membership = Membership.objects.visible_to(self.caller).get_or_404(wanted)
        return Response(member_json(members.transfer_ownership(caller=self.caller, membership=membership)))


class InvitationsView(TenantAPIView):
    actions = {"GET": Action.MEMBERS_MANAGE, "POST": Action.MEMBERS_MANAGE}

    @extend_schema(
        operation_id="invitations_list", parameters=PAGE, responses=page_of(serializers.InvitationSerializer)
    )
    def get(self, request: Request, slug: str) -> Response:
        """All invitations, those that were accepted, revoked or have expired too."""
        return paginated(self, Invitation.objects.visible_to(self.caller), invitation_json)

    @extend_schema(
        operation_id="invitations_create",
        request=serializers.NewInvitationSerializer,
        responses={201: serializers.InvitationSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request, slug: str) -> Response:
        """Invite somebody by mail. The link in it works once, for some days, for that address alone."""
        asked = validated(serializers.NewInvitationSerializer, request.data)
        made = invitations.invite(caller=self.caller, email=asked["email"], role=Role(asked["role"]))
        return Response(invitation_json(made), status=201)


class InvitationView(TenantAPIView):
    actions = {"DELETE": Action.MEMBERS_MANAGE}

    @extend_schema(operation_id="invitations_revoke", responses={204: None})
    def delete(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        """Revoke an invitation: its link opens nothing any more."""
        invitation = Invitation.objects.visible_to(self.caller).get_or_404(invitation_id)
        invitations.revoke(caller=self.caller, invitation=invitation)
        return Response(status=204)


class ResendInvitationView(TenantAPIView):
    actions = {"POST": Action.MEMBERS_MANAGE}

    @extend_schema(operation_id="invitations_resend", request=None, responses=serializers.InvitationSerializer)
    def post(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        """Send it again, with a new link and a new end; earlier links stop working."""
        invitation = Invitation.objects.visible_to(self.caller).get_or_404(invitation_id)
        return Response(invitation_json(invitations.resend(caller=self.caller, invitation=invitation)))


class AcceptInvitationView(PersonAPIView):
    @extend_schema(
        operation_id="invitations_accept",
        request=serializers.AcceptInvitationSerializer,
        responses=OwnOrganizationSerializer,
    )
    def post(self, request: Request) -> Response:
        """Join the organization of an invitation with your account, which must be of the invited address."""
        token = validated(serializers.AcceptInvitationSerializer, request.data)["token"]
        joined = invitations.accept(token=token, user=self.person)
        return Response(own_organization_json(joined.organization, joined.role))


class RegisterByInvitationView(PublicAPIView):
    @extend_schema(
        operation_id="invitations_register",
        request=serializers.AcceptWithAccountSerializer,
        responses={201: RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        """Accept with a new account for the invited address. The link in the mail has proven that it is yours."""
        asked = validated(serializers.AcceptWithAccountSerializer, request.data)
        joined = invitations.accept_with_new_account(**asked)
        tokens = sessions.sign_in(request._request, joined.user)
        signed = SignedUp(joined.user, joined.organization)
        return Response(registered_json(signed, tokens.access, tokens.refresh), status=201)
