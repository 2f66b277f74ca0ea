-- Here nothing changes: one writes at a time, and the check costs no lock.
SELECT 1;
