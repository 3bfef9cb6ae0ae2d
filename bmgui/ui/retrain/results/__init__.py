"""The page of results: the paper's table for these data."""
