"""A file becomes a `Scan`; a `Scan` and a `Square` become a crop; a frame gets its proposals."""
