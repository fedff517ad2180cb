-- Audit rows are written once. The table refuses every UPDATE, every DELETE but that of an organization which is being
-- purged in this very transaction, and TRUNCATE; whoever asks, the application's own role included.
CREATE OR REPLACE FUNCTION organizations_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('tadwin.purging_organization', true) = OLD.organization_id::text THEN
        RETURN OLD;
    END IF;
    -- Test databases are emptied between tests; they carry this setting, no other database does.
    IF TG_OP = 'TRUNCATE' AND current_setting('tadwin.may_truncate_audit', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The audit log is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

DO $$
BEGIN
    IF to_regclass('organizations_auditevent') IS NULL THEN
        RETURN;
    END IF;
    CREATE OR REPLACE TRIGGER organizations_audit_rows
        BEFORE UPDATE OR DELETE ON organizations_auditevent
        FOR EACH ROW EXECUTE FUNCTION organizations_audit_is_append_only();
    CREATE OR REPLACE TRIGGER organizations_audit_table
        BEFORE TRUNCATE ON organizations_auditevent
        FOR EACH STATEMENT EXECUTE FUNCTION organizations_audit_is_append_only();
END
$$;
