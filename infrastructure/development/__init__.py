"""`annals dev`: the whole service and its servers on one machine.

Uses nothing that production needs.
"""
