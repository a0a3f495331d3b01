-- The events whose personal data are shown with a complaint, beside its filing: few of a log that may be long. Nothing is
-- written to it but by what adds an issue. Built beside the running service. Where that was broken off, an invalid index is
-- left behind: drop it, and migrate again.
create index concurrently event_issue_added on event (complaint_id, sequence) where kind = 'issue_added';
