from media.models.imports import MediaImport
from media.models.projects import Project, Tag
from media.models.recordings import Recording
from media.models.uploads import StoragePurge, UploadSession

__all__ = ["MediaImport", "Project", "Recording", "StoragePurge", "Tag", "UploadSession"]
