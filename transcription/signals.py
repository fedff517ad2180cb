"""What the life of a job tells the rest of this app."""

from __future__ import annotations

from django.dispatch import Signal

job_ended = Signal()
"""`job=`: it is completed, failed or canceled from now on. Sent inside the transaction; the job's row is locked."""
