"""The conformance kit: what a client can find out about any TAXII 2.1 server.

It knows no server from within, this hub no more than others: it sends requests and judges answers.
"""
