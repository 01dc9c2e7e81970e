"""The pages and their data, made from the model's values: nothing is served by a path that a visitor names."""
