"""Folders and lists of proven scans become collections: one small file a layout, one that takes what they list."""
