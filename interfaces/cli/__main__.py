"""`python -m interfaces.cli`: the command line, without an installed `annals` script."""

from interfaces.cli.main import main

main()
