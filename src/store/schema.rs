//! The tables as diesel sees them. `json` columns are read as text: their binary form is the text itself.

diesel::table! {
    complaint (id) {
        id -> Uuid,
        tracking_number -> Text,
        brand -> Text,
        version -> BigInt,
        state -> Text,
        channel -> Text,
        level -> Integer,
        assignee -> Nullable<Text>,
        policy -> Text,
        policy_version -> Text,
        received_at -> Timestamptz,
        filed_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        escalation_eligible -> Bool,
        labels -> Nullable<Array<Nullable<Text>>>,
        erased -> Bool,
        undelivered -> Bool,
        next_due_at -> Nullable<Timestamptz>,
        last_contact_at -> Nullable<Timestamptz>,
        referred -> Bool,
        body -> Text,
    }
}

diesel::table! {
    clock (complaint_id, name, cycle) {
        complaint_id -> Uuid,
        name -> Text,
        cycle -> Integer,
        state -> Text,
        started_at -> Timestamptz,
        due_at -> Nullable<Timestamptz>,
        target -> Text,
        stopped_at -> Nullable<Timestamptz>,
        breached_at -> Nullable<Timestamptz>,
        segment_start -> Timestamptz,
        counted_before -> BigInt,
        remaining -> Nullable<BigInt>,
        next_fire_at -> Nullable<Timestamptz>,
        next_step -> Nullable<Integer>,
        next_repetition -> Nullable<Integer>,
        calendar -> Text,
        calendar_version -> Text,
        tzdb_version -> Text,
        put_aside_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    event (complaint_id, sequence) {
        complaint_id -> Uuid,
        sequence -> BigInt,
        kind -> Text,
        at -> Timestamptz,
        actor -> Text,
        payload -> Text,
        hash -> Binary,
        clock -> Nullable<Text>,
        cycle -> Nullable<Integer>,
        step -> Nullable<Integer>,
        repetition -> Nullable<Integer>,
        step_due_at -> Nullable<Timestamptz>,
        standing -> Nullable<Text>,
    }
}

diesel::table! {
    personal (complaint_id, sequence) {
        complaint_id -> Uuid,
        sequence -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    notice (complaint_id, sequence) {
        complaint_id -> Uuid,
        sequence -> BigInt,
        kind -> Text,
        text_version -> Text,
        language -> Text,
        channel -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    request (id) {
        id -> Uuid,
        fingerprint -> Binary,
        complaint_id -> Uuid,
        at -> Timestamptz,
        answer -> Text,
    }
}

diesel::table! {
    rule_text (kind, name, version) {
        kind -> Text,
        name -> Text,
        version -> Text,
        loaded_at -> Timestamptz,
        body -> Text,
        calendars -> Nullable<Text>,
    }
}

diesel::table! {
    activation (number) {
        number -> BigInt,
        kind -> Text,
        name -> Text,
        version -> Text,
        actor -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    migration (number) {
        number -> BigInt,
        id -> Uuid,
        policy -> Text,
        body -> Text,
    }
}

diesel::table! {
    personal_read (at, id) {
        at -> Timestamptz,
        id -> Uuid,
        complaint_id -> Uuid,
        reader -> Text,
        reader_key -> Text,
        method -> Text,
        shown -> Array<Text>,
        purpose -> Text,
    }
}

diesel::table! {
    search_key (key, complaint_id) {
        key -> BigInt,
        complaint_id -> Uuid,
    }
}

diesel::table! {
    search_progress (one) {
        one -> Bool,
        after -> Uuid,
    }
}

diesel::allow_tables_to_appear_in_same_query!(complaint, clock, event, personal, notice);
diesel::allow_tables_to_appear_in_same_query!(activation, rule_text);
