"""Reading sound: decode, probe, measure, find speech, make playable. Pure Python over FFmpeg's libraries; no Django."""

import os

# ONNX Runtime, in which voice detection runs, tells Microsoft of its use unless it is told not to before it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
