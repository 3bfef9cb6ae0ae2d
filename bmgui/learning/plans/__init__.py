"""What is to be trained: plans as data, read, written, estimated."""
