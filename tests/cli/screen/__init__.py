"""The full-screen look-up."""
