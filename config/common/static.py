"""How static files get their hashed names."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

_STATEMENTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites `import "./api.js"` inside our modules: without it a browser would keep an old one for ever."""

    support_js_module_import_aggregation = True
    # A module has its name only when those that it imports have theirs; Django's five passes are as many as our longest
    # chain may need.
    max_post_process_passes = 20
    # Only in our own folder: what packages ship may speak of files that are not there. And only where a line begins
    # with it, or a comment that says "import" or "export" would be taken for the beginning of a statement. What reads
    # `import("./x.js")` without `await` is a type in a comment: taken for a statement, modules that name each other's
    # types would wait for each other.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        tuple((f"(?m:^){pattern}", template) for pattern, template in _STATEMENTS),
    )
