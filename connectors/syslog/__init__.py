"""What is new as lines for a SIEM."""
