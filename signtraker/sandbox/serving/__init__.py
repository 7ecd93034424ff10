"""Serve the sandbox over sockets or in process, and control it over HTTP."""
