"""The command `report`: one self-contained HTML page about the orders."""
