"""Pure rules: no I/O, environment, clock, randomness or logging."""
