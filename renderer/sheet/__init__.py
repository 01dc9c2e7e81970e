"""Contact sheets: the same panels of many runs, each at one size, on a few pages.

    choose      names of panels -> the panels of a figure
    chi_squared a snapshot's chi squared, of any kind of data
    numbers     what a run can be ordered and chosen by: `chi2`, `state`, any scalar or parameter
    expression  a condition over those names, parsed and evaluated here; nothing of it is Python that runs
    marks       what a person thinks of the runs: `marks.csv`
    cells       one run's panels in a row, with its name, as pixels
    layout      how many of these stand on a page, and how large they are
    tasks       what a worker is asked for: a page, the titles that there are, numbers of arrays
    pdf         pages in one file, the pixels of each as its PNG has them
    sheets      all of it: `make_sheets`

A page is composed by the worker that draws its panels, and written as it is complete: memory holds one page a worker,
however many runs there are. A sheet's files::

    sheet-001.png, sheet-002.png, ...   the pages; .webp alike
    sheet.pdf                           all pages in one file
    sheet.html, sheet_files/            see `autoviz_render.views.page.sheet`; the pictures in it are written here
    marks.csv                           a person's; see `marks`

The same snapshots give the same bytes.
"""
