"""`python -m app`: the commands of app/cli.py."""

from app.cli import main

main()
