"""The page where a training is planned."""
