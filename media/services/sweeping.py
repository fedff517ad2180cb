"""What time brings about: lost probes are sent again, and what is out of date goes."""

from __future__ import annotations

from media.services import imports, probing, purging, recordings, uploads


def sweep() -> None:
    """One round. Each part takes a bounded batch, so that a round never takes long."""
    probing.ring_for_overdue()
    imports.ring_for_overdue()
    uploads.abort_expired()
    for recording in purging.old_trash():
        recordings.purge(recording)
    purging.run_due()
