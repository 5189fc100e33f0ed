"""Program rules: their expressions, what those see of the data, and what their actions do to an import."""
