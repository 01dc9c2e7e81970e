"""Telling a person of alarms while runs are watched: as they are raised, and as they are over.

teller   sees in a feed which alarms are new, and which are over
command  runs a command of the user's for each new one
"""
