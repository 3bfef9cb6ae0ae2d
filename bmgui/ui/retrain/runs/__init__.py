"""The page of runs: what a training is doing, live."""
