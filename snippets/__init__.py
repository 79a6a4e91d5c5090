"""Runs every snippet and records what it really sends, with Python's standard library alone.

So it runs on any machine that has a toolchain.
"""
