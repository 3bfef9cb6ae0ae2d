"""What trains: the only part of `learning` that imports torch."""
