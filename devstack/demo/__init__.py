"""A whole campaign on the embedded stack, before one's eyes."""
