"""What each entry point does, given its adapters."""
