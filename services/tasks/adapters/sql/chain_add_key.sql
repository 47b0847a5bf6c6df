-- Keep the public half $2 of the key $1, once.
INSERT INTO signing_keys (key_id, public_key) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT signing_keys_pkey DO NOTHING
