"""The JSON door: what an account may see and do, communities and groups, questions of officers."""
