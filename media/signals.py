"""What this app tells the apps above it. Each is sent with `recording=`, inside the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

recording_ready = Signal()
"""The file was examined and can be used; its `duration_ms` is known from now on."""

recording_rejected = Signal()
"""The file cannot be used; `recording.reason` says why."""

recording_deleted = Signal()
"""It went to the trash, from where it may come back."""

recording_purged = Signal()
"""It is about to go for good: the row is still there, and goes with everything that points to it."""

recording_audio_purged = Signal()
"""Its files are about to go by a rule of retention. A receiver that holds something worth keeping without them returns
True; where nobody does, the whole recording goes."""
