"""What OpenAI's clients speak, over the same recordings, jobs and quota."""
