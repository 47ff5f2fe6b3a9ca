-- Postgres lets everybody run a new function. In schema wa only those may to whom it is granted
-- beside the function. (Hosted Supabase grants new objects in public, too; these are taken away
-- beside the object.)
revoke execute on all functions in schema wa from public;
