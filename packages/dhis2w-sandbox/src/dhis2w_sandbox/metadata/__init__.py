"""Everything about metadata types: reading, writing, import, export, sharing."""
