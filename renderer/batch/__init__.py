"""Any snapshot, later: which ones, what is drawn already, and films."""
