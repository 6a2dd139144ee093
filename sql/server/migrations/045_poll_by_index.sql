-- What a greeting keeps is looked up by the feed's index, whatever the planner believes: for a plan that is
-- made for any snapshot, a look through the whole feed promises an early hit, and finds none. (The table of
-- one row that is read as well has no index, and the price of that would have the plan compiled.)
SET LOCAL ROLE hiretty_auth;
ALTER FUNCTION app.scopes_kept(uuid, text, boolean) SET enable_seqscan = off SET jit = off;
