"""The dashboard of a sandbox: its orders, requests, faults and clock in a browser."""
