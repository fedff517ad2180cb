from transcription.models.comments import Comment, Highlight, HighlightColour
from transcription.models.evaluations import Evaluation
from transcription.models.glossaries import DialectPreset, Glossary, GlossaryEntry, RejectedProposal
from transcription.models.jobs import Job, Step
from transcription.models.operations import Operation
from transcription.models.reviews import ReviewStatus
from transcription.models.shares import TranscriptShare
from transcription.models.transcripts import Segment, Speaker, Transcript
from transcription.models.voices import VoiceConsent, VoiceMatch, VoiceProfile, VoiceSample, VoiceVector

__all__ = [
    "Comment",
    "DialectPreset",
    "Evaluation",
    "Glossary",
    "GlossaryEntry",
    "Highlight",
    "HighlightColour",
    "Job",
    "Operation",
    "RejectedProposal",
    "ReviewStatus",
    "Segment",
    "Speaker",
    "Step",
    "Transcript",
    "TranscriptShare",
    "VoiceConsent",
    "VoiceMatch",
    "VoiceProfile",
    "VoiceSample",
    "VoiceVector",
]
