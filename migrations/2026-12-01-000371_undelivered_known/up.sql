-- What failed before the column was there. In a transaction of its own, so that the table is not locked while it is read.
update complaint c set undelivered = true where not c.undelivered and c.body::text like '%"failed"%'
    and exists (select from json_each(c.body -> 'notices') notice where notice.value ->> 'state' = 'failed');
