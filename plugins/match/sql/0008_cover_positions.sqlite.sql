-- Here nothing changes: the row is as near as its key.
SELECT 1;
