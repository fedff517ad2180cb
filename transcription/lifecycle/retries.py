"""How often a step that failed is tried again, and when; each queue has a policy of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from transcription.states import Queue


@dataclass(frozen=True, slots=True)
class Policy:
    """`tries` in all; the waits between them begin with `first_s` and double, up to `longest_s`."""

    tries: int
    first_s: float
    longest_s: float

    def delay_after(self, failures: int) -> float | None:
        """Seconds to wait after the `failures`-th failure; None when that was the last try."""
        if failures >= self.tries:
            return None
        return float(min(self.longest_s, self.first_s * 2 ** (failures - 1)))


def policy_of(queue: str) -> Policy:
    """The queue's own, else that of `default`."""
    policies = settings.STEP_RETRY_POLICIES
    return _parsed(policies.get(queue) or policies["default"])


def problems() -> Iterator[str]:
    """What is wrong with the policies that are set, for the system checks."""
    if Queue.DEFAULT not in settings.STEP_RETRY_POLICIES:
        yield "there is none for “default”."
    for queue, text in settings.STEP_RETRY_POLICIES.items():
        if queue not in Queue.values:
            yield f"there is no queue “{queue}”. Queues: {', '.join(Queue.values)}."
        try:
            policy = _parsed(text)
        except ValueError:
            yield f"“{text}” of “{queue}” is not tries:seconds:seconds."
        else:
            if policy.tries < 1 or policy.first_s < 0 or policy.longest_s < policy.first_s:
                yield f"“{text}” of “{queue}” has no sense: one try at least, and waits that do not shrink."


def _parsed(text: str) -> Policy:
    tries, first, longest = text.split(":")
    return Policy(int(tries), float(first), float(longest))
