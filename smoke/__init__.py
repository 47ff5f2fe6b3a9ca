"""Tries a deployed system from outside, as the app's people see it (docs/operations.md)."""
