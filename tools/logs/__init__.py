"""Log lines as real programs write them: the mocks answer, and what programs say of the answer is kept."""
