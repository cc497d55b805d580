"""Tests of what turns measurements into figures."""
