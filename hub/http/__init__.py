"""What every HTTP door shares: callers, errors, observation."""
