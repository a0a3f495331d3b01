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
mod calendar_folder;
mod changing;
mod claiming;
mod concluding;
mod contacts;
mod correcting;
mod cost;
mod crash;
mod damage;
mod discovery;
mod dissatisfied;
mod ending;
mod events;
mod every_method;
mod explaining;
mod filing;
mod filters;
mod firing;
mod floods;
mod giant;
mod going_further;
mod going_up_anew;
mod handling;
mod hanging;
mod holiday_order;
mod holidays;
mod hostile_texts;
mod house_rules;
mod independent_body;
mod letters;
mod lifecycle;
mod linking;
mod locked;
mod mangled_bytes;
mod mangled_calendars;
mod mangled_policies;
mod ordering;
mod outcomes;
mod page_cost;
mod paging;
mod passing;
mod policies;
mod private_postgres;
mod promising;
mod promotion;
mod reading;
mod repeats;
mod replay;
mod resources;
mod secrets;
mod silence;
mod sizes;
mod slow_readers;
mod storage;
mod support;
mod telemetry;
mod unseen;
mod verifying;
mod watching;
mod working_time;
mod write_path;
mod wrong_time;
