"""Mail from strangers, made fit to be read in a browser."""
