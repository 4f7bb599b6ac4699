"""Past conversations through search, decision and generator, with nothing kept that anybody could see."""
