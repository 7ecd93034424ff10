"""Define faults, parse them and apply them to requests."""
