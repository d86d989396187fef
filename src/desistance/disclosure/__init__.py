"""What may be seen: the one object that everything published is drawn from."""
