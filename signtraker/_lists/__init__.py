"""Read lists of records: options, pages and filters that need several requests."""
