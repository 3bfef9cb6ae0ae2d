"""What is learnt from: collections on disk, how they come about, what is decided about them."""
