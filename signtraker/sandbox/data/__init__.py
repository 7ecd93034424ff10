"""Store the sandbox's records: tables, sample data, SQL filters and the course of an order."""
