"""The JSON door: log-ins, what an account may see and do, communities and groups, officers."""
