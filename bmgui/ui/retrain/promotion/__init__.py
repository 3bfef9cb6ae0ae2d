"""The page of promotion: a candidate against the model in use, the protocol, the switch, and back."""
