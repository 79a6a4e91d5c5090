"""Scripts on the mock pages: built in a form, spelled for every surface, and run against the mocks of this process."""
