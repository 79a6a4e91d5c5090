"""Long and rough runs against a whole server: ``python -m soak``."""
