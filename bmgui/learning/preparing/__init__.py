"""Before a training starts: from choices to a plan, what it needs, costs and lacks."""
