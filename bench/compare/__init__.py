"""One run: every contender in every scenario, interleaved, and what came of it."""
