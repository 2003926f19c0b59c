"""The pure core of mail: parse, refuse, rewrite and compose messages without network, database or clock."""
