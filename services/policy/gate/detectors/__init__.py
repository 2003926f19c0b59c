"""One module for each family of findings; a rule file names the one it uses."""
