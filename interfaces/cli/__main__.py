"""`python -m interfaces.cli`: the command line, whatever is installed."""

from interfaces.cli.main import main

main()
