"""Figures in notebooks: in the cell that runs the search, and in any other (`watch`, extra `notebook`)."""
