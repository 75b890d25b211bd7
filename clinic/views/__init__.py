"""Pages of clinicians, admins and patients, a module for each group of pages."""
