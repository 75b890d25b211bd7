"""FHIR R4: what is kept here as resources that hospital records understand, read, searched, exported, imported.

`people`, `plan` and `records` turn rows into resources (and `people` and `plan` back);
`kinds` says which rows a resource type is made of, and for whom.
"""
