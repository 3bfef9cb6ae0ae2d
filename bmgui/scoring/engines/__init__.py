"""The engines: the only part that imports OpenVINO, torch or captum; only the worker imports it."""
