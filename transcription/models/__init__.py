from transcription.models.evaluations import Evaluation
from transcription.models.jobs import Job, Step
from transcription.models.shares import TranscriptShare
from transcription.models.transcripts import Segment, Speaker, Transcript

__all__ = ["Evaluation", "Job", "Segment", "Speaker", "Step", "Transcript", "TranscriptShare"]
