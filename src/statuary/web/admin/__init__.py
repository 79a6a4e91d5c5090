"""The admin API: rules, counts, journal and messages; in our own shapes, in WireMock's, and in Mailpit's."""
