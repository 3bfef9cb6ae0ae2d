"""From proven scans to better models: collections, audit, splits, plans, runs. Torch only in `learning.training`."""
