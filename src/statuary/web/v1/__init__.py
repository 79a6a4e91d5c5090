"""The catalogue for programs and other sites: ``/api/v1/``, badges, and a card to embed."""
