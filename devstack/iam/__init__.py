"""What Google does between the Edge Function and the private functions: tokens, and doors."""
