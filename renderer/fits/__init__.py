"""Arrays and panels as FITS files, for DS9, CARTA, TOPCAT and astropy; astropy writes them.

    file     the bytes of a file: a header that says where it comes from, and an extension for each array or panel
    arrays   extensions for the arrays of a snapshot: images, and tables of lines, parameters and samples
    panels   extensions for the panels of a figure: what is drawn, as numbers
    tables   tables of named columns
    wcs      world coordinates: from the run's own keywords, or linear from an extent
    cards    texts and numbers that a header can hold

Values are those of the snapshot, to the last bit, and row 0 of an image is the lowest y, as everywhere here. There is
no date in a file: the same snapshot gives the same bytes.

Source: FITS standard 4.0, https://fits.gsfc.nasa.gov/fits_standard.html
"""
