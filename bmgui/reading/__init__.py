"""A scan, a square and a score become an opinion. Knows imaging and scoring; knows no window."""
