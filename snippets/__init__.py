"""Runs every snippet and records what it really sends. Python's standard library only: it runs wherever a toolchain is."""
