"""What runs beside what the spec says: as access first, then structurally."""
