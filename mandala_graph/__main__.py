"""`python -m mandala_graph` is the command line."""

from mandala_graph.cli import main

if __name__ == "__main__":
    main()
