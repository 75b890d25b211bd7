"""The assistant, drawn. Knows Skia and nothing of calls: a pose goes in, a picture comes out.

`appearance` says what someone looks like, `layers` paints what does not change once, and
`portrait` puts them together for a pose, redrawing only what moved.
"""
