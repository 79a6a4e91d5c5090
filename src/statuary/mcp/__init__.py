"""The catalogue and the mocks for programs that think in tools: a server of the Model Context Protocol."""
