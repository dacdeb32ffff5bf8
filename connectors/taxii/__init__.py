"""Another party's TAXII 2.1 server, as a client sees it."""
