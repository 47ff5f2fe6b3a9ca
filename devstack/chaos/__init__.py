"""The chaos run: whatever production does to a bridge, in a few minutes."""
