"""Records of other systems, taken in: FHIR bundles, bulk NDJSON and C-CDA become patients, papers and plans."""
