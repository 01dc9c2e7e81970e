"""What the command does, one module each: draw, watch, show, put together."""
