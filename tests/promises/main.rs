//! What Redress promises, each promise as a test. One binary: it starts one private Postgres and gives each test a
//! database of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod acts_entered_later;
mod availability;
mod bad_input;
mod brands;
mod bus;
mod calendar_folder;
mod callers;
mod changing;
mod claiming;
mod client_subjects;
mod concluding;
mod contacts;
mod correcting;
mod cost;
mod crash;
mod damage;
mod database_tls;
mod delivering;
mod demo;
mod discovery;
mod dissatisfied;
mod ending;
mod erasing;
mod events;
mod every_method;
mod explaining;
mod exporting;
mod exposure;
mod filing;
mod filters;
mod firing;
mod floods;
mod giant;
mod going_further;
mod going_up_anew;
mod grants;
mod handling;
mod hanging;
mod holding;
mod holiday_order;
mod holidays;
mod hostile_texts;
mod house_rules;
mod independent_body;
mod letters;
mod lifecycle;
mod linking;
mod locked;
mod mail;
mod mangled_bytes;
mod mangled_calendars;
mod mangled_policies;
mod oidc;
mod one_place;
mod ordering;
mod outcomes;
mod outsiders;
mod overriding;
mod page_cost;
mod paging;
mod passing;
mod policies;
mod private_postgres;
mod promising;
mod promotion;
mod quotas;
mod reading;
mod reads_on_record;
mod repeats;
mod replay;
mod resources;
mod retention;
mod scopes;
mod secrets;
mod silence;
mod sizes;
mod slow_readers;
mod staff;
mod storage;
mod subscriptions;
mod support;
mod telemetry;
mod tls;
mod unseen;
mod verifying;
mod watching;
mod working_time;
mod write_path;
mod wrong_time;
