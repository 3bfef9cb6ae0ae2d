"""A crop becomes a margin, an evidence map and a score: cards, the library of models, engines, worker and client."""
