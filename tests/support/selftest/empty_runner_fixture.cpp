// Registers no test.
