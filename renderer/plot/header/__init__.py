"""What stands around the panels of a figure: the line above them, and the marks at those with an alarm.

remark  what is wrong with a panel, in a few words
heading whose figure it is and of which moment, in words of several lengths
line    whose figure it is, of which moment, and the remarks
mark    a frame and a sign at a panel with a remark
"""
