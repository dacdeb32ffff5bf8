"""Feeds: what flows into the hub by itself, each as one file, published through the one door."""
