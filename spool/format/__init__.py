"""The bytes of one file of the spool: container, manifest, footer, schema."""
