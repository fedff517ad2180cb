from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TranscriptionConfig(AppConfig):
    name = "transcription"
    verbose_name = _("Transcription")

    def ready(self) -> None:
        """Jobs follow what happens to their recording, and tell their people how they end."""
        from accounts.signals import account_exported
        from config.common.sql import apply_after_migrate
        from media import signals
        from organizations import job_defaults
        from organizations.signals import organization_purged
        from transcription import checks  # noqa: F401 - importing registers them
        from transcription.services import jobs, notices, options, personal, retention, selectors
        from transcription.signals import job_ended

        def on_ready(recording: Any, **_kwargs: Any) -> None:
            jobs.admit_waiting(recording)

        def on_rejected(recording: Any, **_kwargs: Any) -> None:
            jobs.fail_waiting(recording)

        def on_deleted(recording: Any, **_kwargs: Any) -> None:
            jobs.cancel_all(recording)

        def on_audio_purged(recording: Any, **_kwargs: Any) -> bool:
            return retention.on_audio_purged(recording)

        def on_purged(recording: Any, **_kwargs: Any) -> None:
            jobs.cancel_all(recording)  # what they hold of the included time would be held for good
            retention.forget_news(recording)

        def on_ended(job: Any, **_kwargs: Any) -> None:
            notices.tell_job_ended(job)

        def on_organization_purged(organization: Any, counts: dict[str, int], **_kwargs: Any) -> None:
            counts.update(jobs.counts_of(organization))

        def on_exported(user: Any, **_kwargs: Any) -> Any:
            return personal.parts(user)

        apply_after_migrate(self)
        account_exported.connect(on_exported, weak=False, dispatch_uid="jobs.export")
        notices.register()
        job_defaults.register(options.check_defaults)
        job_defaults.register_choices(selectors.default_choices)
        job_ended.connect(on_ended, weak=False, dispatch_uid="jobs.tell")
        organization_purged.connect(on_organization_purged, weak=False, dispatch_uid="jobs.count")
        signals.recording_audio_purged.connect(on_audio_purged, weak=False, dispatch_uid="jobs.audio_purged")
        signals.recording_purged.connect(on_purged, weak=False, dispatch_uid="jobs.forget_news")
        signals.recording_ready.connect(on_ready, weak=False, dispatch_uid="jobs.admit")
        signals.recording_rejected.connect(on_rejected, weak=False, dispatch_uid="jobs.fail")
        signals.recording_deleted.connect(on_deleted, weak=False, dispatch_uid="jobs.cancel")
