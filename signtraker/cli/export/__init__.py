"""The command `export`: copy every list to SQLite or Parquet, and bring the copy up to date."""
