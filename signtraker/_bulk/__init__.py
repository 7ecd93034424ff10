"""Send many writes, each at most once where it may have been processed, and go on after an interruption."""
