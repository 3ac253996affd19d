-- The trace that a call belongs to, as its caller said (W3C Trace Context); NULL: it said nothing.
ALTER TABLE audit ADD COLUMN traceparent TEXT;

DROP VIEW audit_readable;
CREATE VIEW audit_readable AS
  SELECT id, datetime(at_s, 'unixepoch') AS at, client_id, organization, tool, target, outcome,
         request_id, address, traceparent
    FROM audit;
