"""The pages by kind: each view takes a visit and gives a page or another address, and does no input or output."""
