-- The words of notices are personal data, and stand with these from now on: {"notice": ["the text"]}, under the number of the
-- notice's event. A replica of the former release may write them to the notice for as long as it runs; they are moved as they
-- come. Once none runs any more, a later release drops this with the column.
create function notice_words() returns trigger language plpgsql as $$
begin
    insert into personal (complaint_id, sequence, body)
        values (new.complaint_id, new.sequence, json_build_object('notice', json_build_array(new.text)));
    new.text := null;
    return new;
end
$$;
create trigger notice_words before insert on notice for each row when (new.text is not null) execute function notice_words();
