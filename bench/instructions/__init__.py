"""Instruction counts: repeatable on any machine, however busy."""
