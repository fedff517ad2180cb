"""What the media routes read and answer. The answers' serializers are for the schema; `presenters` builds the JSON."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from config.common.api import StrictSerializer
from media.models import UploadSession
from media.states import RecordingStatus
from media.storage.base import MAX_PARTS
from organizations.api.organization_serializers import JobDefaultsSerializer, days

ORDERINGS = ["name", "-name", "created_at", "-created_at", "duration", "-duration", "size", "-size"]
# Of what may be asked for; a year.
LONGEST_SECONDS = 366 * 86_400


class PartNumbersField(serializers.CharField):
    """`3,7`: the numbers of parts."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if not all(
            number.isascii() and number.isdigit() and len(number) <= len(str(MAX_PARTS)) for number in text.split(",")
        ):
            raise serializers.ValidationError(_("Name parts by their numbers, as in 3,7."), code="invalid")
        return [int(number) for number in text.split(",")]


# --- Requests --------------------------------------------------------------------------------------------------------
class MediaQuerySerializer(StrictSerializer):
    status = serializers.ChoiceField(choices=RecordingStatus.choices, required=False)
    project = serializers.UUIDField(required=False)
    tag = serializers.CharField(required=False, help_text="The name of a tag.")
    q = serializers.CharField(required=False, help_text="Words in the name, file name or description.")
    uploaded_by = serializers.UUIDField(required=False)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    min_duration = serializers.FloatField(required=False, min_value=0, max_value=LONGEST_SECONDS, help_text="Seconds.")
    max_duration = serializers.FloatField(required=False, min_value=0, max_value=LONGEST_SECONDS, help_text="Seconds.")
    trashed = serializers.BooleanField(required=False, default=False, help_text="Those in the trash, and only those.")
    ordering = serializers.ChoiceField(choices=ORDERINGS, required=False, default="-created_at")
    limit = serializers.IntegerField(required=False, min_value=1, help_text="50 by default, at most 1000.")
    cursor = serializers.CharField(required=False)


class PageQuerySerializer(StrictSerializer):
    limit = serializers.IntegerField(required=False, min_value=1, help_text="50 by default, at most 1000.")
    cursor = serializers.CharField(required=False)


class DeleteQuerySerializer(StrictSerializer):
    permanent = serializers.BooleanField(required=False, default=False, help_text="At once and for good: admins only.")


class LinkQuerySerializer(StrictSerializer):
    link = serializers.BooleanField(
        required=False, default=False, help_text="Answer the address instead of a redirect."
    )


class UploadQuerySerializer(StrictSerializer):
    parts = PartNumbersField(required=False, help_text="Parts to sign, as in 3,7. All missing ones by default.")


class OpenUploadSerializer(StrictSerializer):
    filename = serializers.CharField(max_length=1000, trim_whitespace=False)
    size = serializers.IntegerField(min_value=0, max_value=1 << 50, help_text="Bytes.")
    content_type = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="A hint."
    )
    sha256 = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    project = serializers.UUIDField(required=False, allow_null=True, default=None)


class ImportSerializer(StrictSerializer):
    url = serializers.CharField(max_length=2000, help_text="The public address of the file itself.")
    project = serializers.UUIDField(required=False, allow_null=True, default=None)


class UploadedPartSerializer(StrictSerializer):
    number = serializers.IntegerField(min_value=1, max_value=MAX_PARTS)
    etag = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class CompleteUploadSerializer(StrictSerializer):
    parts = UploadedPartSerializer(
        many=True, required=False, default=list, help_text="May be left out: the server looks."
    )


class ChangeMediaSerializer(StrictSerializer):
    name = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    project = serializers.UUIDField(required=False, allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=200)


RETENTION = "Null: as the organization says."


class NewProjectSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    defaults = JobDefaultsSerializer(required=False, default=dict)
    audio_retention_days = days(RETENTION)
    transcript_retention_days = days(RETENTION)


class ChangeProjectSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False)
    defaults = JobDefaultsSerializer(required=False, help_text="Replaces the defaults as a whole.")
    audio_retention_days = days(RETENTION)
    transcript_retention_days = days(RETENTION)


# --- Answers ---------------------------------------------------------------------------------------------------------
class MediaImportSerializer(serializers.Serializer[Any]):
    host = serializers.CharField()
    received = serializers.IntegerField(help_text="Bytes that have arrived.")
    size = serializers.IntegerField(allow_null=True, help_text="Bytes in all, where the server says it.")


class MediaSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=RecordingStatus.choices)
    reason = serializers.CharField(allow_null=True, help_text="A stable code: why it was rejected.")
    reason_detail = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    project = serializers.UUIDField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    uploaded_by = serializers.UUIDField(allow_null=True)
    upload = serializers.UUIDField(allow_null=True, help_text="The upload to go on with, while `uploading`.")
    filename = serializers.CharField()
    content_type = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(allow_null=True)
    duplicate_of = serializers.UUIDField(allow_null=True, help_text="An earlier recording with the same bytes.")
    duration = serializers.FloatField(allow_null=True, help_text="Seconds.")
    has_playback_copy = serializers.BooleanField()
    has_waveform = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With `import`, which Python keeps for itself."""
        fetched = MediaImportSerializer(allow_null=True, help_text="How far a file from an address has come.")
        return {**super().get_fields(), "import": fetched}

    audio_purged_at = serializers.DateTimeField(
        allow_null=True, help_text="When its files were deleted by a retention rule; transcripts stay by their own."
    )


class MediaVideoSerializer(serializers.Serializer[Any]):
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    frame_rate = serializers.FloatField(allow_null=True)
    codec = serializers.CharField()
    pixel_format = serializers.CharField(allow_null=True)


class QualityWarningSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    message = serializers.CharField()


class MediaQualitySerializer(serializers.Serializer[Any]):
    loudness_lufs = serializers.FloatField(allow_null=True)
    peak_dbfs = serializers.FloatField(allow_null=True)
    clipped_share = serializers.FloatField()
    dual_mono = serializers.BooleanField()
    speech_share = serializers.FloatField(
        required=False, allow_null=True, help_text="0 to 1; of long recordings estimated from five minutes of it."
    )
    snr_db = serializers.FloatField(
        required=False, allow_null=True, help_text="Speech above steady noise, an estimate; null without speech."
    )
    warnings = QualityWarningSerializer(many=True)


class MediaMetadataSerializer(serializers.Serializer[Any]):
    """Empty until the file was examined."""

    container = serializers.CharField(required=False)
    codec = serializers.CharField(required=False)
    bit_rate = serializers.IntegerField(required=False, allow_null=True, help_text="Bits a second.")
    sample_rate = serializers.IntegerField(required=False, help_text="Hz.")
    channels = serializers.IntegerField(required=False)
    video = MediaVideoSerializer(required=False, allow_null=True)
    created_at = serializers.DateTimeField(required=False, allow_null=True)
    tags = serializers.DictField(child=serializers.CharField(), required=False)
    quality = MediaQualitySerializer(required=False)
    playback_type = serializers.CharField(required=False)
    words = serializers.IntegerField(required=False, help_text="Of a text file that the engine `fake` reads out.")


class MediaDetailSerializer(MediaSerializer):
    metadata = MediaMetadataSerializer()


class SignedPartSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    url = serializers.URLField()


class ReceivedPartSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes.")
    etag = serializers.CharField(allow_blank=True)


class UploadInstructionsSerializer(serializers.Serializer[Any]):
    """`url` and `headers` for one PUT of the whole file, or `part_size` and `parts` for one PUT a part."""

    id = serializers.UUIDField()
    strategy = serializers.ChoiceField(choices=UploadSession.Strategy.choices)
    url = serializers.URLField(required=False)
    headers = serializers.DictField(child=serializers.CharField(), required=False)
    part_size = serializers.IntegerField(required=False, help_text="Bytes.")
    parts = SignedPartSerializer(many=True, required=False)
    expires_at = serializers.DateTimeField(required=False, help_text="When the addresses expire.")


class UploadStateSerializer(UploadInstructionsSerializer):
    status = serializers.ChoiceField(choices=UploadSession.Status.choices)
    size = serializers.IntegerField(help_text="Bytes, as declared.")
    part_count = serializers.IntegerField()
    received = ReceivedPartSerializer(many=True)
    open_until = serializers.DateTimeField(help_text="When an unfinished upload is thrown away.")


class OpenedUploadSerializer(serializers.Serializer[Any]):
    media = MediaDetailSerializer()
    upload = UploadInstructionsSerializer()


class FoundUploadSerializer(serializers.Serializer[Any]):
    media = MediaDetailSerializer()
    upload = UploadStateSerializer()


class CompletedUploadSerializer(serializers.Serializer[Any]):
    media = MediaDetailSerializer()


class LinkSerializer(serializers.Serializer[Any]):
    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class LimitsSerializer(serializers.Serializer[Any]):
    max_size = serializers.IntegerField(help_text="Bytes.")
    max_duration = serializers.FloatField(help_text="Seconds.")
    single_max_size = serializers.IntegerField(help_text="Larger files travel in parts. Bytes.")
    upload_expires = serializers.FloatField(help_text="Lifetime of an unfinished upload. Seconds.")
    upload_url_expires = serializers.FloatField(help_text="Seconds.")
    download_url_expires = serializers.FloatField(help_text="Seconds.")
    trash_days = serializers.IntegerField()
    formats = serializers.ListField(child=serializers.CharField())


class ProjectSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    defaults = JobDefaultsSerializer()
    audio_retention_days = serializers.IntegerField(allow_null=True, help_text=RETENTION)
    transcript_retention_days = serializers.IntegerField(allow_null=True, help_text=RETENTION)
    media_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TagSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    media_count = serializers.IntegerField()
