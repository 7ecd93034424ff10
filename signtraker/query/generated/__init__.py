"""Field classes and entity tables, generated from the models by `scripts/generate_query.py`."""
