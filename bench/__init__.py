"""The budgets, measured beside peers: ``python -m bench``."""
