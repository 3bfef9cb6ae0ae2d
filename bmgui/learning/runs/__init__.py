"""Trainings: their folders, their processes, the queue, and how far they are."""
