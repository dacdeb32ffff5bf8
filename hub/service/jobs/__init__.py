"""What feeds and deliveries have in common: definitions as files, secrets, holds and schedules."""
