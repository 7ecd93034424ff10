"""Implement the routes of the SignTraker API and their responses."""
