"""The local stack: everything the bridge talks to, on 127.0.0.1, for development and tests only."""
