from django.urls import path

from transcription.api import engines, evaluations, jobs, search, shares, transcripts, trying

urlpatterns = [
    path("jobs", jobs.JobsView.as_view(), name="api-jobs"),
    path("jobs/<uuid:job_id>", jobs.JobView.as_view(), name="api-job"),
    path("jobs/<uuid:job_id>/cancel", jobs.CancelView.as_view(), name="api-job-cancel"),
    path("jobs/<uuid:job_id>/retry", jobs.RetryView.as_view(), name="api-job-retry"),
    path("jobs/<uuid:job_id>/steps", jobs.StepsView.as_view(), name="api-job-steps"),
    path("jobs/<uuid:job_id>/events", jobs.EventsView.as_view(), name="api-job-events"),
    path("jobs/<uuid:job_id>/download", jobs.DownloadView.as_view(), name="api-job-download"),
    path("search", search.SearchView.as_view(), name="api-search"),
    path("transcripts/export", shares.ArchiveView.as_view(), name="api-archive"),
    path("transcripts/<uuid:transcript_id>", transcripts.TranscriptView.as_view(), name="api-transcript"),
    path("transcripts/<uuid:transcript_id>/segments", transcripts.SegmentsView.as_view(), name="api-segments"),
    path("transcripts/<uuid:transcript_id>/export", transcripts.ExportView.as_view(), name="api-export"),
    path("transcripts/<uuid:transcript_id>/shares", shares.SharesView.as_view(), name="api-shares"),
    path("transcripts/<uuid:transcript_id>/shares/<uuid:share_id>", shares.ShareView.as_view(), name="api-share"),
    path("evaluations", evaluations.EvaluationsView.as_view(), name="api-evaluations"),
    path("evaluations/<uuid:evaluation_id>", evaluations.EvaluationView.as_view(), name="api-evaluation"),
    path("engines", engines.EnginesView.as_view(), name="api-engines"),
    path("models", engines.ModelsView.as_view(), name="api-models"),
    path("dialects", engines.DialectsView.as_view(), name="api-dialects"),
    path("test/arabic/dialects", trying.TestDialectsView.as_view(), name="api-test-dialects"),
    path("test/transcription/simulate", trying.SimulateView.as_view(), name="api-test-simulate"),
]
