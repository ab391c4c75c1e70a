KEY = "a key that signs what is measured, and nothing else: 0123456789"
