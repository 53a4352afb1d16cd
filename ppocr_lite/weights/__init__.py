"""Files of weights and the names in them, without Paddle."""
