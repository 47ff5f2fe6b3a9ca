"""The package every function carries: a model, pure rules, and one adapter per outside system."""
