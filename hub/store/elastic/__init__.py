"""Search on Elasticsearch: a copy of the record, made by a projector, that may be wiped any time.

No other package speaks with Elasticsearch. Only features of the server core are used: no scripts,
no ingest, nothing that needs a licence.
"""
