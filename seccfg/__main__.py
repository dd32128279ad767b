"""`python -m seccfg`."""

from seccfg.cli.main import run

if __name__ == "__main__":
    run()
