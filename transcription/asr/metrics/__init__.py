"""How good a result is: words against a reference text, speakers against reference turns. Pure, no NumPy."""
