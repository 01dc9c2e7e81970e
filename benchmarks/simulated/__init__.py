"""Fits that never ran: data from a model with known parameters, and its best fit to them, good or spoiled."""
