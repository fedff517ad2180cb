"""The worker's side: takes steps and turns them into rows, through the pure pipeline in `asr`.

Only here do settings become options of engines. The web process imports none of it.
"""

from transcription.runner.loop import work

__all__ = ["work"]
