"""The page of models: the library, cards, history."""
