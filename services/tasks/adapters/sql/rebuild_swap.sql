-- Put the tables beside into the places of those in use.
SELECT swap_inbox_rebuild()
