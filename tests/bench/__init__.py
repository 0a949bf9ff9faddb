"""Long forms and figures, each by a command of its own; the suite runs their short forms."""
