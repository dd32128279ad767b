"""Rules on the audit trail."""
