"""The embedded stack: everything the bridge needs, as processes on this machine."""
