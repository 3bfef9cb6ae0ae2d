"""The page of collections: import, audit, browse."""
