"""Reading sound: decode, probe, measure, find speech, make playable. Pure Python over FFmpeg's libraries; no Django."""
