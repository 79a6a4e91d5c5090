"""Protocol engines without input or output: octets in, events out, answers in, octets out."""
