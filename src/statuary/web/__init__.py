"""The site: pages in four languages, the API and the live journal, as one ASGI application."""
