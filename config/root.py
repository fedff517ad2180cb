"""/api/v1 itself, which answers without login."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class ApiRootSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    status = serializers.CharField()


class ApiRootView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="root", responses=ApiRootSerializer, auth=[])
    def get(self, request: Request) -> Response:
        """Name, version and status of the service."""
        return Response({"name": "Tadwin", "version": settings.VERSION, "status": "ok"})
