"""Where records and parties are kept: one small interface, one module per engine."""
