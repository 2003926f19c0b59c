"""What Tramite can carry, as ratios against something simpler measured in the same run: `make bench`."""
