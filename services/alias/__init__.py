"""The alias service: owns real addresses, the aliases that stand for them, and the directory of both."""
