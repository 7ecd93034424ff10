"""Perform one call: settings, request, retries, response and errors."""
