"""A candidate against the model in use."""
