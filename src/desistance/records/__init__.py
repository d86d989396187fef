"""Any file of inspection records, read into typed records and rejects with reasons; and the made-up example."""
