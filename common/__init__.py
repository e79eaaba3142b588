"""What two apps need and that knows nothing of the product."""
