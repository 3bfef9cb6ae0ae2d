"""What every floor stands on: errors, files, places, processes and the pipes between them."""
