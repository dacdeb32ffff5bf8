"""What flows in by itself, and what flows out: feeds and deliveries, for those who look after them."""
