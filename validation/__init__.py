"""Long proofs: too long for the tests, run by hand, with their result tables beside them."""
