"""Pages of clinicians, admins and patients."""
