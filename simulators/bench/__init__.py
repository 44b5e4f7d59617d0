"""What the product costs, measured beside what the same machine could do at best."""
