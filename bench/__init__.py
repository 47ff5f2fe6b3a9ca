"""Measures the performance budget of docs/performance.md on the embedded stack."""
