"""What can be typed after `autoviz-render`.

options     the command line, parsed and checked, as typed values
parser      each option with its help
conflicts   which of them do not go together, in words
readers     texts as values: times, lengths, parts
"""
