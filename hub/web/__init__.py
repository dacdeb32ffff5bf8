"""The web console: pages for people, made on the server; every state has an address."""
