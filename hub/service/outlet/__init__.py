"""What devices pull: lists, rules and zones of the values that a caller may see."""
