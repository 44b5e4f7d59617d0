"""The community: who may, what happened, what is owed; rules inside, the world through gateways."""
