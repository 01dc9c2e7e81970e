"""What to show: panels and recipes. Numbers only, nothing is drawn."""
