"""Measuring ServerMe beside others; see docs/performance.md."""
