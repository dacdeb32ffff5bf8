"""The TAXII 2.1 door: media types, filters, cursors, resources."""
