"""Tools ▸ Retrain models…: a window of its own, one page a step, from the department's scans to a better model."""
