-- Voices are compared by pgvector where this PostgreSQL has it and our role may add it; elsewhere workers compare them.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN
        CREATE EXTENSION IF NOT EXISTS vector;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'pgvector is here, and this role may not add it: workers compare voices themselves';
END
$$;
