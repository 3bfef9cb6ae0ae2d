"""What an evaluation found, read back; and how one is started."""
