"""Recipes for the small models that the product carries. Run by hand; nothing in the product imports them."""
