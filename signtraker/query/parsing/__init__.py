"""Parse OData text into the typed tree of a filter or an ordering."""
