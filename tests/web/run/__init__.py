"""Tests of what builds and runs scripts on the mock pages."""
