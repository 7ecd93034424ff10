"""Filters and orderings as typed values: `Q` and its siblings, and what reads, writes and judges them."""
