"""The window into a sandbox: its orders, its requests, its faults and its clock, in a browser."""
