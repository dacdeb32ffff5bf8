"""The JSON door: what people and their browsers use."""
