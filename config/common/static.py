"""How static files get their hashed names."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites `import "./api.js"` inside our modules: without it a browser would keep an old one for ever."""

    support_js_module_import_aggregation = True
    # Only in our own folder: what packages ship may speak of files that are not there.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
