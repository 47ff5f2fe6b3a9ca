"""Pins and how they are made."""
