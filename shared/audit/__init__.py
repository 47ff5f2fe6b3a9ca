"""What whoever holds a file of the audit log can do with it."""
